//! Packs one small file, uncompressed, as Lambda wants its code.

/// The date of the file inside: 1980-01-01, the first that the format knows.
const DATE: u16 = 0x21;

/// A regular file that anyone may run.
const MODE: u32 = 0o100_755 << 16;

/// A zip archive with one file. Empty if the content is too long for the format.
pub(super) fn of_one(name: &str, content: &[u8]) -> Vec<u8> {
    let (Ok(size), Ok(name_size)) = (u32::try_from(content.len()), u16::try_from(name.len()))
    else {
        return Vec::new();
    };
    // Version, flags, method, time, date, checksum, both sizes, name, no extra field.
    let mut about = Vec::new();
    for field in [10_u16, 0, 0, 0, DATE] {
        about.extend(field.to_le_bytes());
    }
    for field in [checksum(content), size, size] {
        about.extend(field.to_le_bytes());
    }
    about.extend(name_size.to_le_bytes());
    about.extend(0_u16.to_le_bytes());

    let file = [b"PK\x03\x04", &about[..], name.as_bytes(), content].concat();
    let entry = directory_entry(&about, name);
    let end = end_of_directory(&entry, &file);
    [file, entry, end].concat()
}

fn directory_entry(about: &[u8], name: &str) -> Vec<u8> {
    let made_on_unix = [10, 3];
    let mut entry = [b"PK\x01\x02", &made_on_unix[..], about].concat();
    // No comment, disk 0, no internal attributes.
    entry.extend([0; 6]);
    entry.extend(MODE.to_le_bytes());
    // The file is at the beginning.
    entry.extend([0; 4]);
    entry.extend(name.as_bytes());
    entry
}

fn end_of_directory(entry: &[u8], file: &[u8]) -> Vec<u8> {
    let length = |of: &[u8]| u32::try_from(of.len()).unwrap_or_default().to_le_bytes();
    let one = 1_u16.to_le_bytes();
    [b"PK\x05\x06", &[0; 4][..], &one, &one, &length(entry), &length(file), &[0; 2]].concat()
}

/// CRC-32 as zip has it.
fn checksum(content: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    !content.iter().fold(!0, byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn the_archive_ends_with_a_directory_of_one() {
        let archive = of_one("bootstrap", b"#!/bin/sh\n");

        let end = &archive[archive.len() - 22..];

        assert_eq!(&end[..4], b"PK\x05\x06");
        let start = u32::from_le_bytes(end[16..20].try_into().unwrap());
        let start = usize::try_from(start).unwrap();
        assert_eq!(&archive[start..start + 4], b"PK\x01\x02");
    }
}
