// The three faces of convolution as matrix products with the patches of one image and group at a time, X [in kernel, windows]:
//   output  Y = W X,    weight  Wᵀ += X Yᵀ,    input  X = Wᵀ Y, which is folded.
// At stride 1 patches are not laid out: with the image in a frame of zeros, row (c, i, j) of X is the frame read from an offset
// on, and the input's face is an output's with the kernel turned round. At other strides patches are unfolded. Either way what is
// read again and again stays in the caches of one core. Images are the unit of work; sums over images are taken in a number of
// parts that depends on the shape alone.
#include "gemm.h"
#include "windows.h"

// Parts in which the gradient of the weight is summed, so that threads have something to share.
enum { PARTS = 16 };
// From this many multiply-adds on, the work is divided among threads.
enum { PARALLEL_WORK = 1 << 20 };
// Chunks are about as long as that, a millisecond or less.
enum { CHUNK_WORK = 1 << 25 };
// Windows are treated in blocks of rows, so that what a block is unfolded, packed or multiplied into has about so many bytes.
enum { BLOCK_BYTES = 1 << 19 };
// What it costs to copy an element of the output, in multiply-adds.
enum { COPYING_TERMS = 16 };

typedef struct work {
  const ebb_convolution *c;
  const ebb_gemm_kernels *kernels;
  int64_t size;     // bytes of an element
  int64_t rows;     // of the patches: in * kernel
  int64_t columns;  // windows
  int64_t plane;    // elements of an image's channel
  int64_t part;     // images in a part
  bool is_framed;
  int64_t frame[2];
  int64_t block;    // rows of windows in a block
  int64_t patches;  // elements of the thread's memory for them
  const volatile int32_t *interrupt;
  int32_t status;
} work;

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

static const char *input_of(const work *k, int64_t image, int64_t group) {
  return (const char *)k->c->x + (image * k->c->groups + group) * k->c->in * k->plane * k->size;
}

static int64_t output_of(const work *k, int64_t image, int64_t group) {
  return (image * k->c->groups + group) * k->c->out * k->columns * k->size;
}

static const char *weight_of(const work *k, int64_t group) {
  return (const char *)k->c->w + group * k->c->out * k->rows * k->size;
}

// ---- patches ---------------------------------------------------------------------------------------------------------------

// A block of rows of windows, and where its patches are read: row (c, i, j) of X begins at its offset and has `lines` runs of
// `length` elements, `pitch` apart.
typedef struct block {
  int64_t row, rows, columns, lines, length, pitch;
} block;

static void lay_out(work *k) {
  const ebb_windows *const w = &k->c->windows;
  for (int d = 0; d < 2; d++) k->frame[d] = w->count[d] + w->dilation[d] * (w->kernel[d] - 1);
  // A frame that is all padding is no saving.
  k->is_framed = w->stride[0] == 1 && w->stride[1] == 1 &&
                 (double)k->frame[0] * (double)k->frame[1] <= (double)(k->plane + ebb_windows_kernel(w) * k->columns);
  const int64_t height = k->is_framed ? round_up(k->c->out, k->kernels->nr) : k->rows;
  const int64_t fitting = BLOCK_BYTES / (height * w->count[1] * k->size);
  k->block = fitting < 1 ? 1 : least(fitting, w->count[0]);
  k->patches = k->is_framed ? k->c->in * k->frame[0] * k->frame[1] : k->rows * k->block * w->count[1];
}

static block block_at(const work *k, int64_t row) {
  const int64_t length = k->c->windows.count[1], rows = least(k->block, k->c->windows.count[0] - row);
  if (k->is_framed) return (block){row, rows, rows * length, rows, length, k->frame[1]};
  return (block){row, rows, rows * length, 1, rows * length, rows * length};
}

// The windows of a block.
static ebb_windows windows_of(const work *k, const block *b) {
  ebb_windows w = k->c->windows;
  w.low[0] -= b->row * w.stride[0];
  w.count[0] = b->rows;
  return w;
}

// The thread's memory for patches, zero where nothing will be written.
static char *make_patches(const work *k) {
  // Tiles read whole vectors, up to a panel beyond the end.
  const size_t bytes = (size_t)((k->patches + k->kernels->nr) * k->size);
  char *const patches = ebb_gemm_scratch(ebb_gemm_slot_patches, bytes);
  memset(patches, 0, bytes);
  return patches;
}

// A whole image into its frame.
static void fill_frame(const work *k, char *patches, const char *image) {
  const ebb_windows *const w = &k->c->windows;
  int64_t from[2], to[2];  // the part of the image that lies inside the frame
  for (int d = 0; d < 2; d++) {
    from[d] = w->low[d] < 0 ? -w->low[d] : 0;
    to[d] = least(w->size[d], k->frame[d] - w->low[d]);
  }
  if (to[1] <= from[1]) return;
  for (int64_t c = 0; c < k->c->in; c++)
    for (int64_t y = from[0]; y < to[0]; y++)
      memcpy(patches + ((c * k->frame[0] + y + w->low[0]) * k->frame[1] + from[1] + w->low[1]) * k->size,
             image + ((c * w->size[0] + y) * w->size[1] + from[1]) * k->size, (size_t)((to[1] - from[1]) * k->size));
}

// Makes the patches of a block readable and answers the offsets of their rows; at the first block of an image a frame is filled.
static const int64_t *read_block(const work *k, const block *b, char *patches, const char *image) {
  const ebb_windows *const w = &k->c->windows;
  int64_t *const offset = ebb_gemm_scratch(ebb_gemm_slot_offsets, (size_t)k->rows * sizeof(int64_t));
  for (int64_t row = 0; row < k->rows; row++) {
    const int64_t j = row % w->kernel[1], i = row / w->kernel[1] % w->kernel[0], c = row / ebb_windows_kernel(w);
    const int64_t line = c * k->frame[0] + b->row + i * w->dilation[0];
    offset[row] = k->is_framed ? line * k->frame[1] + j * w->dilation[1] : row * b->columns;
  }
  if (k->is_framed) {
    if (b->row == 0) fill_frame(k, patches, image);
  } else {
    const ebb_windows part = windows_of(k, b);
    ebb_unfold_planes(k->c->dtype, &part, k->c->in, patches, image);
  }
  return offset;
}

// ---- output ----------------------------------------------------------------------------------------------------------------

// A group's weight, packed in blocks of `depth` terms.
static void pack_weight(const work *k, int64_t group, int64_t depth, char *packed) {
  for (int64_t p = 0; p < k->rows; p += depth)
    k->kernels->pack_a(k->c->out, least(depth, k->rows - p), weight_of(k, group) + p * k->size, k->rows, 1,
                       packed + p * round_up(k->c->out, k->kernels->mr) * k->size);
}

// Y of a block: runs one by one, or with what lies between them in one go, which costs as much as some more terms because the
// result is copied.
static void multiply_block(const work *k, const block *b, const char *patches, const int64_t *offset, const char *packed, char *y) {
  const int64_t nr = k->kernels->nr, lanes = k->kernels->lanes, depth = k->kernels->kc;
  const int64_t height = round_up(k->c->out, k->kernels->mr);
  const int64_t through = (b->lines - 1) * b->pitch + b->length;
  const bool one_by_one = b->lines * round_up(b->length, lanes) * k->rows <= round_up(through, lanes) * (k->rows + COPYING_TERMS);
  const bool direct = one_by_one || b->lines == 1;
  const int64_t ldc = direct ? k->columns : round_up(through, nr);
  char *const product = direct ? y : ebb_gemm_scratch(ebb_gemm_slot_product, (size_t)(k->c->out * ldc * k->size));
  for (int64_t p = 0; p < k->rows; p += depth) {
    ebb_shifted part = {.m = k->c->out, .n = one_by_one ? b->length : through, .k = least(depth, k->rows - p),
                        .a = packed + p * height * k->size, .offset = offset + p, .ldc = ldc, .add = p > 0};
    for (int64_t line = 0; line < (one_by_one ? b->lines : 1); line++) {
      part.b = patches + line * b->pitch * k->size;
      part.c = product + line * b->length * k->size;
      k->kernels->shifted(&part);
    }
  }
  if (direct) return;
  for (int64_t o = 0; o < k->c->out; o++)
    for (int64_t line = 0; line < b->lines; line++)
      memcpy(y + (o * k->columns + line * b->length) * k->size, product + (o * ldc + line * b->pitch) * k->size,
             (size_t)(b->length * k->size));
}

static void output_units(void *context, int64_t first, int64_t last) {
  work *const k = context;
  char *const patches = make_patches(k);
  char *const packed = ebb_gemm_scratch(ebb_gemm_slot_a, (size_t)(round_up(k->c->out, k->kernels->mr) * k->rows * k->size));
  int64_t packed_group = -1;
  for (int64_t unit = first; unit < last; unit++) {
    const int64_t group = unit / k->c->images, image = unit % k->c->images;
    if (group != packed_group) pack_weight(k, packed_group = group, k->kernels->kc, packed);
    char *const y = (char *)k->c->result + output_of(k, image, group);
    for (int64_t row = 0; row < k->c->windows.count[0]; row += k->block) {
      const block b = block_at(k, row);
      const int64_t *const offset = read_block(k, &b, patches, input_of(k, image, group));
      multiply_block(k, &b, patches, offset, packed, y + row * k->c->windows.count[1] * k->size);
    }
  }
}

// ---- weight ----------------------------------------------------------------------------------------------------------------

#define TURN(name, T)                                                                          \
  static void turn_##name(int64_t rows, int64_t columns, T *out, const T *in, int64_t pitch) { \
    for (int64_t i = 0; i < rows; i++)                                                         \
      for (int64_t j = 0; j < columns; j++) out[i * columns + j] = in[j * pitch + i];          \
  }
TURN(f32, float)
TURN(f64, double)

// A unit is one part of one group.
static void weight_units(void *context, int64_t first, int64_t last) {
  work *const k = context;
  const int64_t ldc = round_up(k->c->out, k->kernels->nr), parts = ebb_convolution_parts(k->c), width = k->c->windows.count[1];
  char *const patches = make_patches(k);
  char *const packed = ebb_gemm_scratch(ebb_gemm_slot_b, (size_t)(ldc * k->block * width * k->size));
  char *const product = ebb_gemm_scratch(ebb_gemm_slot_product, (size_t)(k->rows * ldc * k->size));
  for (int64_t unit = first; unit < last; unit++) {
    const int64_t group = unit / parts, part = unit % parts, from = part * k->part, to = least(from + k->part, k->c->images);
    for (int64_t image = from; image < to; image++)
      for (int64_t row = 0; row < k->c->windows.count[0]; row += k->block) {
        const block b = block_at(k, row);
        const int64_t *const offset = read_block(k, &b, patches, input_of(k, image, group));
        const char *const y = (const char *)k->c->y + output_of(k, image, group) + row * width * k->size;
        k->kernels->pack_b(k->c->out, b.columns, y, k->columns, 1, packed);
        const ebb_correlated block = {.m = k->rows, .n = k->c->out, .lines = b.lines, .length = b.length, .pitch = b.pitch,
                                      .a = patches, .offset = offset, .b = packed, .c = product, .ldc = ldc,
                                      .add = image > from || row > 0};
        k->kernels->correlated(&block);
      }
    char *const result = (char *)k->c->result + (part * k->c->groups + group) * k->c->out * k->rows * k->size;
    if (k->c->dtype == EBB_F32)
      turn_f32(k->c->out, k->rows, (float *)result, (const float *)product, ldc);
    else
      turn_f64(k->c->out, k->rows, (double *)result, (const double *)product, ldc);
  }
}

// ---- input -----------------------------------------------------------------------------------------------------------------

static void input_units(void *context, int64_t first, int64_t last) {
  work *const k = context;
  const ebb_control alone = {k->interrupt, 1};
  char *const patches = ebb_gemm_scratch(ebb_gemm_slot_patches, (size_t)(k->patches * k->size));
  for (int64_t unit = first; unit < last; unit++) {
    const int64_t group = unit / k->c->images, image = unit % k->c->images, planes = k->c->in * k->plane * k->size;
    char *const result = (char *)k->c->result + (image * k->c->groups + group) * planes;
    memset(result, 0, (size_t)planes);
    for (int64_t row = 0; row < k->c->windows.count[0]; row += k->block) {
      const block b = block_at(k, row);
      const char *const y = (const char *)k->c->y + output_of(k, image, group) + row * k->c->windows.count[1] * k->size;
      const ebb_matmul product = {.dtype = k->c->dtype, .m = k->rows, .n = b.columns, .k = k->c->out, .batch = 1,
                                  .a = weight_of(k, group), .a_row = 1, .a_col = k->rows,
                                  .b = y, .b_row = k->columns, .b_col = 1, .c = patches, .ldc = b.columns};
      if (ebb_gemm(&product, &alone)) {
        __atomic_store_n(&k->status, EBB_INTERRUPTED, __ATOMIC_RELAXED);
        return;
      }
      const ebb_windows part = windows_of(k, &b);
      ebb_fold_planes(k->c->dtype, &part, k->c->in, result, patches);
    }
  }
}

// [(g o), c, i, j] to [(g c), o, -i, -j].
#define TURN_ROUND(name, T)                                                                \
  static void turn_round_##name(const ebb_convolution *c, T *out) {                        \
    const int64_t kernel = ebb_windows_kernel(&c->windows);                                \
    for (int64_t g = 0; g < c->groups; g++)                                                \
      for (int64_t i = 0; i < c->in; i++)                                                  \
        for (int64_t o = 0; o < c->out; o++) {                                             \
          const T *const from = (const T *)c->w + ((g * c->out + o) * c->in + i) * kernel; \
          for (int64_t p = 0; p < kernel; p++) *out++ = from[kernel - 1 - p];              \
        }                                                                                  \
  }
TURN_ROUND(f32, float)
TURN_ROUND(f64, double)

// The input's face at stride 1 as an output's: windows over y, with the kernel turned round.
static ebb_convolution turned_round(const ebb_convolution *c) {
  const int64_t count = c->groups * c->in * c->out * ebb_windows_kernel(&c->windows);
  void *const weight = ebb_gemm_scratch(ebb_gemm_slot_weight, (size_t)(count * (int64_t)ebb_size(c->dtype)));
  if (c->dtype == EBB_F32)
    turn_round_f32(c, weight);
  else
    turn_round_f64(c, weight);
  ebb_convolution turned = *c;
  turned.face = ebb_face_output;
  turned.in = c->out;
  turned.out = c->in;
  turned.x = c->y;
  turned.w = weight;
  for (int d = 0; d < 2; d++) {
    turned.windows.size[d] = c->windows.count[d];
    turned.windows.count[d] = c->windows.size[d];
    turned.windows.low[d] = c->windows.dilation[d] * (c->windows.kernel[d] - 1) - c->windows.low[d];
  }
  return turned;
}

// ---- all faces -------------------------------------------------------------------------------------------------------------

int64_t ebb_convolution_parts(const ebb_convolution *c) {
  if (c->face != ebb_face_weight) return 1;
  const int64_t wanted = (PARTS - 1) / c->groups + 1, part = (c->images - 1) / wanted + 1;
  return (c->images - 1) / part + 1;  // none is empty
}

int32_t ebb_convolve(const ebb_convolution *convolution, const ebb_control *control) {
  ebb_convolution c = *convolution;
  if (c.face == ebb_face_input && c.windows.stride[0] == 1 && c.windows.stride[1] == 1) c = turned_round(convolution);
  const int64_t parts = ebb_convolution_parts(&c);
  work k = {.c = &c,
            .kernels = ebb_gemm_kernels_for(c.dtype),
            .size = (int64_t)ebb_size(c.dtype),
            .rows = c.in * ebb_windows_kernel(&c.windows),
            .columns = ebb_windows_count(&c.windows),
            .plane = c.windows.size[0] * c.windows.size[1],
            .part = (c.images - 1) / parts + 1,
            .interrupt = control ? control->interrupt : NULL,
            .status = EBB_OK};
  lay_out(&k);
  const bool of_weight = c.face == ebb_face_weight;
  const int64_t units = (of_weight ? parts : c.images) * c.groups, unit = k.rows * k.columns * c.out * (of_weight ? k.part : 1);
  // Every chunk of units prepares memory of its own, so that it should last; but threads want several each.
  const int64_t threads = control && control->threads > 1 ? control->threads : 1, share = (units - 1) / (4 * threads) + 1;
  const int64_t grain = units * unit < PARALLEL_WORK ? units : least((CHUNK_WORK - 1) / unit + 1, share);
  static const ebb_body bodies[] = {output_units, input_units, weight_units};
  const int32_t status = ebb_parallel_for(units, grain, bodies[c.face], &k, control);
  return status ? status : __atomic_load_n(&k.status, __ATOMIC_RELAXED);
}
