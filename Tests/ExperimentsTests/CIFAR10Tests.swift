import Arrays
import Testing

@testable import Experiments

@Suite struct CIFAR10Tests {
  /// A record with this label, and the pixels 0, 1, … 255, 0, ….
  private func record(_ label: UInt8) -> [UInt8] { [label] + (0..<3072).map { UInt8(truncatingIfNeeded: $0) } }

  @Test func theOfficialFilesAreReadInOrder() throws {
    for prefix in ["", "cifar10/", "cifar-10-batches-bin/"] {
      let folder = try TemporaryFolder()
      for i in 1...5 {
        let contents = record(UInt8(i)) + record(9)
        _ = try folder.write(i == 3 ? gzipped(contents) : contents, to: "\(prefix)data_batch_\(i).bin\(i == 3 ? ".gz" : "")")
      }
      _ = try folder.write(record(0), to: "\(prefix)test_batch.bin")
      let (train, test) = try CIFAR10.load(directory: folder.path)
      #expect(try train.y.elements(of: Int32.self) == [2, 10, 3, 10, 4, 10, 5, 10, 6, 10])
      #expect(try test.y.elements(of: Int32.self) == [1])
      #expect(train.x.shape == [10, 3, 32, 32])
      #expect(train.classes == 10)
      let pixels = try test.x.elements(of: Float.self)
      #expect(pixels[0] == 0 && pixels[255] == 1 && pixels[51] == 0.2 && pixels[256] == 0)
      let (few, _) = try CIFAR10.load(flatten: true, limit: 3, search: ["/nowhere", folder.path])
      #expect(few.x.shape == [3, 3072])
      #expect(try few.y.elements(of: Int32.self) == [2, 10, 3])
    }
  }

  @Test func oneFileASetIsFoundByItsName() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(gzipped(record(4)), to: "cifar10/train5k.bin.gz")
    _ = try folder.write(record(7) + record(8), to: "cifar10/test2k.bin")
    let (train, test) = try CIFAR10.load(directory: folder.path)
    #expect(try train.y.elements(of: Int32.self) == [5])
    #expect(try test.y.elements(of: Int32.self) == [8, 9])
  }

  @Test func errorsSayWhatIsWrong() throws {
    let folder = try TemporaryFolder()
    func message() -> String? { #expect(throws: DataError.self) { try CIFAR10.load(directory: folder.path) }?.message }
    #expect(message()?.hasPrefix("data.cifar10: data_batch_1.bin to data_batch_5.bin and test_batch.bin, or train") == true)
    #expect(message()?.contains("'\(folder.path)/cifar10'") == true)
    _ = try folder.write(record(0), to: "test.bin")
    _ = try folder.write([UInt8](record(0).dropLast()), to: "train.bin")
    #expect(message()?.contains("ends within record 1, expected records of 3073 bytes, a label and 3072 pixels") == true)
    _ = try folder.write(record(0) + record(10), to: "train.bin")
    #expect(message()?.contains("has the label 10 in record 2, expected 0 to 9") == true)
    _ = try folder.write([], to: "train.bin")
    #expect(message()?.hasSuffix("is empty") == true)
  }

  @Test func damagedFilesAreErrorsOrValues() throws {
    let folder = try TemporaryFolder()
    let packed = gzipped(record(1) + record(2))
    for length in stride(from: 0, to: packed.count, by: 97) {
      let path = try folder.write([UInt8](packed.prefix(length)), to: "a.bin.gz")
      #expect(throws: DataError.self) { try CIFAR10.read(path, atMost: .max) }
    }
  }
}
