//! What the firmware says of the machine; `NA` for what it does not say.

use crate::facts::Gathered;
use crate::facts::told::Told;

const DIR: &str = "/sys/devices/virtual/dmi/id/";

/// Fact, file of the kernel, word of dmidecode.
const NAMES: [(&str, &str, &str); 18] = [
    ("bios_date", "bios_date", "bios-release-date"),
    ("bios_vendor", "bios_vendor", "bios-vendor"),
    ("bios_version", "bios_version", "bios-version"),
    ("board_asset_tag", "board_asset_tag", "baseboard-asset-tag"),
    ("board_name", "board_name", "baseboard-product-name"),
    ("board_serial", "board_serial", "baseboard-serial-number"),
    ("board_vendor", "board_vendor", "baseboard-manufacturer"),
    ("board_version", "board_version", "baseboard-version"),
    ("chassis_asset_tag", "chassis_asset_tag", "chassis-asset-tag"),
    ("chassis_serial", "chassis_serial", "chassis-serial-number"),
    ("chassis_vendor", "chassis_vendor", "chassis-manufacturer"),
    ("chassis_version", "chassis_version", "chassis-version"),
    ("form_factor", "chassis_type", "chassis-type"),
    ("product_name", "product_name", "system-product-name"),
    ("product_serial", "product_serial", "system-serial-number"),
    ("product_uuid", "product_uuid", "system-uuid"),
    ("product_version", "product_version", "system-version"),
    ("system_vendor", "sys_vendor", "system-manufacturer"),
];

/// Forms of a chassis by their number in the firmware's table.
const FORMS: &str = "Unknown|Other|Unknown|Desktop|Low Profile Desktop|Pizza Box|Mini Tower|Tower|Portable|Laptop|\
    Notebook|Hand Held|Docking Station|All In One|Sub Notebook|Space-saving|Lunch Box|Main Server Chassis|\
    Expansion Chassis|Sub Chassis|Bus Expansion Chassis|Peripheral Chassis|RAID Chassis|Rack Mount Chassis|\
    Sealed-case PC|Multi-system|CompactPCI|AdvancedTCA|Blade|Blade Enclosure|Tablet|Convertible|Detachable|\
    IoT Gateway|Embedded PC|Mini PC|Stick PC";

/// `bios_*`, `board_*`, `chassis_*`, `form_factor`, `product_*`, `system_vendor`.
pub fn read(told: &Told, found: &mut Gathered) {
    let kernel = told.knows(&format!("{DIR}product_name"));
    for (fact, file, word) in NAMES {
        let text = told.text(&format!("{DIR}{file}"));
        let text = match text {
            Some(number) if fact == "form_factor" => Some(form(&number)),
            None if !kernel => asked(told, word),
            text => text,
        };
        found.put(fact, text.unwrap_or_else(|| "NA".into()));
    }
}

/// What dmidecode answered, without its comments.
fn asked(told: &Told, word: &str) -> Option<String> {
    let key = format!("dmi.{word}");
    let lines = told.lines(&key).iter().filter(|line| !line.starts_with('#'));
    told.knows(&key).then(|| lines.copied().collect())
}

fn form(number: &str) -> String {
    let name = number.parse().ok().and_then(|n: usize| FORMS.split('|').nth(n));
    name.map_or_else(|| format!("unknown ({number})"), str::to_string)
}
