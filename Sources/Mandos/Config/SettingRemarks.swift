/// Where settings come from, and what is odd about their file. Settings that mean the same are equal,
/// wherever they stand.
package struct SettingRemarks: Equatable {
    package var portPlace = Place(file: "mandos.conf")
    package var notes: [ConfigError] = []

    package static func == (left: SettingRemarks, right: SettingRemarks) -> Bool { true }
}
