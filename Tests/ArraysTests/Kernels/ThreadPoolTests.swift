import CKernels
import Synchronization
import Testing

/// ebb_parallel_for: every element once, interrupts, nested and simultaneous callers.
@Suite struct ThreadPoolTests {
  @Test(arguments: [0, 1, 7, 1000], [1, 3, 64, 5000]) func everyElementIsVisitedOnce(_ n: Int, _ grain: Int) {
    for threads in [Int32(1), 2, 5] {
      let visits = Visits(n)
      let status = run(n, grain, threads: threads, visits) { visits, first, last in
        for i in first..<last { visits.counts[i].add(1, ordering: .relaxed) }
      }
      #expect(status == 0)
      #expect(visits.all { $0 == 1 })
    }
  }

  @Test func chunksDependOnTheGrainAlone() {
    let visits = Visits(100)
    _ = run(100, 30, threads: 3, visits) { visits, first, last in
      #expect(first % 30 == 0 && last == min(first + 30, 100))
      visits.counts[first].add(1, ordering: .relaxed)
    }
    #expect([0, 30, 60, 90].allSatisfy { visits.counts[$0].load(ordering: .relaxed) == 1 })
  }

  /// The flag goes up while the fifth chunk runs; on each thread at most the chunk at hand is still finished.
  @Test(arguments: [Int32(1), 4]) func anInterruptStopsBetweenChunks(_ threads: Int32) {
    let visits = Visits(1000)
    let status = run(1000, 1, threads: threads, visits) { visits, first, _ in
      visits.counts[first].add(1, ordering: .relaxed)
      if visits.total.add(1, ordering: .relaxed).newValue == 5 { visits.flag.pointee = 1 }
    }
    #expect(status == 1)
    #expect((5...(5 + Int(threads))).contains(visits.total.load(ordering: .relaxed)))
  }

  @Test func aRaisedFlagStopsEveryLongKernel() {
    let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    flag.initialize(to: 1)
    defer { flag.deallocate() }
    var block = ebb_control(interrupt: UnsafePointer(flag), threads: 2)
    let n = 200_000
    let x = [Float](repeating: 1, count: n)
    let index = [Int32](repeating: 0, count: n)
    var y = [Float](repeating: 0, count: n)
    var places = [Int32](repeating: 0, count: 1000)
    var bad: Int64 = 0
    x.withUnsafeBufferPointer { x in
      var source = operand(x.baseAddress!, [1])
      #expect(ebb_pointwise(.exp, .EBB_F32, 1, [Int64(n)], &y, &source, &block) == 1)
      #expect(ebb_cast(.EBB_F32, .EBB_I32, 1, [Int64(n)], &y, &source, &bad, &block) == 1)
    }
    #expect(ebb_copy(4, 1, [Int64(n)], &y, [1], x, [1], &block) == 1)
    #expect(ebb_reduce(.reduce_sum, .EBB_F32, 1, Int64(n), 1, &y, x, &block) == 1)
    #expect(ebb_arg_reduce(true, .EBB_F32, 1000, Int64(n / 1000), 1, &places, x, &block) == 1)
    #expect(ebb_scan(.reduce_sum, .EBB_F32, 1000, Int64(n / 1000), 1, &y, x, &block) == 1)
    #expect(ebb_gather(4, 1, Int64(n), 1, Int64(n), &y, x, index, &block) == 1)
    #expect(ebb_scatter_add(.EBB_F32, 100, 5, 1, Int64(n / 100), &y, x, [Int32](repeating: 1, count: n / 100), &block) == 1)
    #expect(y.allSatisfy { $0 == 0 } && places.allSatisfy { $0 == 0 })
  }

  @Test func aBodyMayCallTheKernelsAgain() {
    let visits = Visits(64)
    _ = run(64, 1, threads: 4, visits) { visits, first, last in
      let x = [Float](repeating: 1, count: 100_000)
      var sum: Float = 0
      var block = control(threads: 4)
      _ = ebb_reduce(.reduce_sum, .EBB_F32, 1, 100_000, 1, &sum, x, &block)
      if sum == 100_000 { visits.counts[first].add(1, ordering: .relaxed) }
    }
    #expect(visits.all { $0 == 1 })
  }

  @Test func manyCallersAtTheSameTime() async {
    await withTaskGroup(of: Bool.self) { group in
      for seed in 0..<16 {
        group.addTask {
          let x = [Float](repeating: Float(seed + 1), count: 300_000)
          return (0..<20).allSatisfy { _ in
            var sum: Float = 0
            var block = control(threads: 3)
            _ = ebb_reduce(.reduce_sum, .EBB_F32, 1, 300_000, 1, &sum, x, &block)
            return sum == Float(seed + 1) * 300_000
          }
        }
      }
      for await correct in group { #expect(correct) }
    }
  }

  @Test func theThreadContextBelongsToItsThread() {
    let outer = ebb_thread_context()
    defer { ebb_set_thread_context(outer) }
    var mark = 0
    withUnsafeMutablePointer(to: &mark) { pointer in
      ebb_set_thread_context(pointer)
      #expect(ebb_thread_context() == UnsafeMutableRawPointer(pointer))
    }
  }

  @Test func theInstructionSetIsOneOfTheClones() {
    #expect(["avx512f", "avx2", "default"].contains(String(cString: ebb_isa())))
  }

  /// What the bodies of these tests count, shared between threads.
  final class Visits: @unchecked Sendable {
    let counts: UnsafeMutableBufferPointer<Atomic<Int>>
    let total = Atomic<Int>(0)
    let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    var body: (Visits, Int, Int) -> Void = { _, _, _ in }

    init(_ n: Int) {
      counts = .allocate(capacity: n)
      for i in 0..<n { (counts.baseAddress! + i).initialize(to: Atomic(0)) }
      flag.initialize(to: 0)
    }
    deinit {
      counts.deinitialize()
      counts.deallocate()
      flag.deallocate()
    }
    func all(_ condition: (Int) -> Bool) -> Bool { counts.indices.allSatisfy { condition(counts[$0].load(ordering: .relaxed)) } }
  }

  private func run(
    _ n: Int, _ grain: Int, threads: Int32, _ visits: Visits, _ body: @escaping (Visits, Int, Int) -> Void
  ) -> Int32 {
    visits.body = body
    var block = ebb_control(interrupt: UnsafePointer(visits.flag), threads: threads)
    return ebb_parallel_for(
      Int64(n), Int64(grain),
      { context, first, last in
        let visits = Unmanaged<Visits>.fromOpaque(context!).takeUnretainedValue()
        visits.body(visits, Int(first), Int(last))
      }, Unmanaged.passUnretained(visits).toOpaque(), &block)
  }
}
