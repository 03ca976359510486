package import Reactor

/// What a TLS session runs over: a socket, or in self-tests a piece of memory.
package protocol ByteStream: AnyObject {
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer
    func write(from buffer: UnsafeRawBufferPointer) -> Transfer
}
