import CShims.Linux
import Testing

@testable import Reactor

@Test("x") func x() { #expect(cshim_error_text(2)[0] != 0) }
