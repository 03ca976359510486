/// A section of clients.conf whose key another section has as well: neither is served.
package struct SharedKey: Equatable {
    package let name: ClientName
    package let key: ClientKey

    package init(_ name: ClientName, _ key: ClientKey) {
        self.name = name
        self.key = key
    }
}
