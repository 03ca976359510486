internal import Reactor

/// A pickle that was read, with the file that its texts are in.
struct PickleFile: ~Copyable {
    let value: PickleValue
    let contents: SensitiveBytes

    /// nil if it is not a text; Python 2 has bytes instead.
    func text(_ value: PickleValue) -> String? {
        switch value {
        case .text(let range): contents.withSpan { $0.extracting(range).string }
        case .bytes(let range):
            contents.withSpan {
                let bytes = $0.extracting(range)
                return UTF8Check.firstInvalidByte(of: bytes) == nil ? bytes.string : nil
            }
        default: nil
        }
    }

    /// nil if they are not bytes.
    func bytes(_ value: PickleValue) -> [UInt8]? {
        switch value {
        case .bytes(let range):
            contents.withSpan { span in range.map { span[$0] } }
        case .latin1(let range): contents.withSpan { $0.extracting(range).latin1Bytes }
        default: nil
        }
    }

    func key(_ value: PickleValue, is name: StaticString) -> Bool {
        switch value {
        case .text(let range), .bytes(let range):
            contents.withSpan { $0.extracting(range).isEqual(to: name) }
        default: false
        }
    }
}
