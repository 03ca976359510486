import Foundation
import Testing

@testable import Mandos

/// State as servers in Python write it.
enum Pickles {
    /// By the standard library: protocol 2 of Python 3.
    static func python3(_ expression: String) throws -> [UInt8] {
        let script = """
            import pickle, datetime
            def client(**more):
                fields = {
                    "name": "web1", "key_id": "00", "fingerprint": "", "host": "hôst",
                    "checker_command": "exit 0", "enabled": True,
                    "created": datetime.datetime(2024, 2, 29, 23, 59, 58, 765432),
                    "last_enabled": datetime.datetime(2025, 1, 1), "expires": None,
                    "last_checked_ok": datetime.datetime(2025, 1, 1, 0, 2, 3),
                    "last_checker_status": -1, "last_approval_request": None,
                    "timeout": datetime.timedelta(0, 300), "interval": datetime.timedelta(0, 120),
                    "extended_timeout": datetime.timedelta(1, 900, 1000),
                    "approval_delay": datetime.timedelta(0),
                    "approval_duration": datetime.timedelta(0, 1), "approved_by_default": True,
                    "encrypted_secret": bytes(range(256)), "client_structure": ["bus", "name"],
                    "checker_initiator_tag": None, "approvals_pending": 0,
                    "big": 2 ** 62, "negative": -(2 ** 40)}
                fields.update(more)
                return fields
            def settings(**more):
                fields = client(last_checked_ok=None, last_checker_status=-2)
                for name in ("name", "created", "last_enabled", "expires", "encrypted_secret"):
                    del fields[name]
                fields.update(more)
                return fields
            def answer(data):
                return pickle.dumps(eval(data.decode()), protocol=2).hex()
            """
        let answer = try Python.answers(to: [Array(expression.utf8)], script)[0]
        let digits = answer.utf8.map { UInt8($0 < 0x40 ? $0 - 0x30 : $0 - 0x57) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// What Python 2 writes for texts and times, put together by hand.
    static func python2() -> [UInt8] {
        func short(_ text: String) -> [UInt8] { [0x55, UInt8(text.utf8.count)] + text.utf8 }
        func time(_ bytes: [UInt8]) -> [UInt8] {
            Array("cdatetime\ndatetime\n".utf8) + [0x55, 10] + bytes + [0x85, 0x52]
        }
        func span(_ seconds: UInt8) -> [UInt8] {
            Array("cdatetime\ntimedelta\n".utf8) + [0x4B, 0, 0x4B, seconds, 0x4B, 0, 0x87, 0x52]
        }
        let spans = [
            "timeout", "interval", "extended_timeout", "approval_delay", "approval_duration",
        ].flatMap { short($0) + span(9) }
        let shared =
            short("host") + short("h\u{F6}st") + short("checker_command") + short("exit 0")
            + short("enabled") + [0x88] + short("approved_by_default") + [0x89] + spans
        let client =
            shared + short("created") + time([0x07, 0xDD, 1, 2, 3, 4, 5, 0, 0, 6])
            + short("last_checker_status") + [0x8A, 1, 7] + short("encrypted_secret")
            + [0x54, 3, 0, 0, 0, 1, 0xFF, 2]
        let mark: [UInt8] = [0x28]
        func dictionary(_ items: [UInt8]) -> [UInt8] { [0x7D, 0x71, 0] + mark + items + [0x75] }
        return [0x80, 2] + dictionary(short("web1") + dictionary(client))
            + dictionary(short("web1") + dictionary(shared)) + [0x86, 0x71, 1, 0x2E]
    }
}
