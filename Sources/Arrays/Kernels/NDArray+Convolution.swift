import CKernels

/// Convolution and what belongs to it. Sizes are checked by the caller.
extension NDArray {
  /// The partial derivative of the trilinear form of `ConvolutionRole` with respect to the array in the role `face`, from the two
  /// others in the order of their roles. One order of summation for every number of threads.
  public static func convolution(_ face: ConvolutionRole, _ a: NDArray, _ b: NDArray, _ geometry: ConvolutionGeometry)
    throws(TensorError) -> NDArray
  {
    let windows = geometry.windows
    let (images, input, output): (Int, Int, Int)
    switch face {
    case .output: (images, input, output) = (a.shape[0], b.shape[1], b.shape[0] / geometry.groups)
    case .input: (images, input, output) = (b.shape[0], a.shape[1], a.shape[0] / geometry.groups)
    case .weight: (images, input, output) = (a.shape[0], a.shape[1] / geometry.groups, b.shape[1] / geometry.groups)
    }
    let shape: Shape =
      switch face {
      case .output: Shape([images, geometry.groups * output] + windows.counts)
      case .input: Shape([images, geometry.groups * input] + windows.plane)
      case .weight: Shape([geometry.groups * output, input] + windows.kernel)
      }
    if a.count == 0 || b.count == 0 || shape.contains(0) { return try .full(shape, 0, a.dtype) }
    let (a, b) = (try a.contiguous(), try b.contiguous())
    var convolution = ebb_convolution()
    convolution.dtype = a.dtype.kernel
    convolution.face = face.kernel
    (convolution.images, convolution.groups) = (Int64(images), Int64(geometry.groups))
    (convolution.in, convolution.out) = (Int64(input), Int64(output))
    convolution.windows = windows.kernelValue
    let parts = Int(ebb_convolution_parts(&convolution))
    let result = try NDArray(uninitialized: parts == 1 ? shape : shape.inserting(parts, at: 0), a.dtype)
    var step = Step(.convolve, a.dtype)
    step.convolution = convolution
    (step.out.0, step.in.0, step.in.1) = (result.storage.base, UnsafeRawPointer(a.pointer), UnsafeRawPointer(b.pointer))
    try withExtendedLifetime((a.storage, b.storage)) { () throws(TensorError) in try Engine.current.perform(&step) }
    return parts == 1 ? result : try result.reduced(.sum, over: [0])
  }
}

extension ConvolutionRole {
  var kernel: ebb_face {
    switch self {
    case .input: .input
    case .weight: .weight
    case .output: .output
    }
  }
}
