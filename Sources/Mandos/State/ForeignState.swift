/// Files that were found in place of those that a store has written last.
package struct ForeignState {
    /// Lines for the operator.
    package var lines: [Restoration.Line] = []
    /// In force by these files. They are in those of the store from then on.
    package var revocations: [Revocation] = []

    package init() {}
}
