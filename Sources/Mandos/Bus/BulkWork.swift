/// Something large to be sent, made in many small steps so that nobody else has to wait for it.
protocol BulkWork: AnyObject {
    /// Does a little of it.
    ///
    /// - Returns: whether that was the last of it.
    func step() -> Bool
}
