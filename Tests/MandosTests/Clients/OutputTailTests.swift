import Testing

@testable import Mandos

@Suite("The last words of a checker") struct OutputTailTests {
    @Test(
        "are the last 4 KiB of what it wrote, in whatever pieces",
        arguments: [[5], [4096], [4097], [1, 4096], [4096, 1], [3000, 3000], [10_000, 7, 8192]])
    func tail(pieces: [Int]) {
        var tail = OutputTail()
        var all: [UInt8] = []
        for count in pieces {
            let piece = (0..<count).map { UInt8(truncatingIfNeeded: all.count + $0 &* 7) }
            all += piece
            tail.append(piece.span)
        }
        #expect(tail.bytes == Array(all.suffix(4096)))
    }

    @Test("are shown without the line ends after them")
    func text() {
        var tail = OutputTail()
        tail.append(Array("one\ntwo\n\n".utf8).span)
        #expect(tail.text == "one\ntwo")
        #expect(OutputTail().text == "")
    }
}
