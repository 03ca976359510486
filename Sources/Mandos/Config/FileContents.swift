/// All bytes of a file, and who may do what with it.
package struct FileContents: ~Copyable {
    package let bytes: SensitiveBytes
    /// nil if that is not known.
    package let attributes: FileAttributes?

    package init(_ bytes: consuming SensitiveBytes, _ attributes: FileAttributes?) {
        self.bytes = bytes
        self.attributes = attributes
    }

    package consuming func takeBytes() -> SensitiveBytes { bytes }
}
