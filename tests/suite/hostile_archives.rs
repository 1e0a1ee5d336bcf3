//! Zip archives that lie about their members: refused before anything is inflated, and no name reaches a file.

use std::io::Write as _;
use std::path::Path;

use candor::base::Task;
use candor::model::ModelError;
use candor::model::load::load_bytes;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::common::memory::with_little_memory;

/// A member as the directory describes it.
#[derive(Clone)]
struct Member {
    name: String,
    packed: Vec<u8>,
    deflated: bool,
    /// The size it announces.
    size: u32,
    crc: u32,
}

fn member(name: &str, content: &[u8], deflated: bool) -> Member {
    let mut crc = Crc::new();
    crc.update(content);
    let mut packed = content.to_vec();
    if deflated {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).expect("memory takes it");
        packed = encoder.finish().expect("memory takes it");
    }
    let size = u32::try_from(content.len()).expect("small");
    Member { name: name.to_owned(), packed, deflated, size, crc: crc.sum() }
}

fn word(value: usize) -> [u8; 4] {
    u32::try_from(value).expect("small").to_le_bytes()
}

fn start_of(member: &Member) -> Vec<u8> {
    let method = [if member.deflated { 8 } else { 0 }, 0];
    let sizes = [member.crc.to_le_bytes(), word(member.packed.len()), member.size.to_le_bytes()].concat();
    [&[20, 0, 0, 0][..], &method, &[0; 4], &sizes, &word(member.name.len())].concat()
}

/// An archive with the members of `stored`, one after the other, and a directory that says `place(index, there)` of where
/// each starts.
fn archive(stored: &[Member], place: impl Fn(usize, usize) -> usize) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (index, member) in stored.iter().enumerate() {
        let start = word(place(index, file.len()));
        let name = member.name.as_bytes();
        directory.extend([b"PK\x01\x02\x14\0", &start_of(member)[..], &[0; 10], &start, name].concat());
        file.extend([b"PK\x03\x04", &start_of(member)[..], name, &member.packed].concat());
    }
    let count = u16::try_from(stored.len()).expect("it fits").to_le_bytes();
    let sizes = [word(directory.len()), word(file.len())].concat();
    [&file[..], &directory, b"PK\x05\x06\0\0\0\0", &count, &count, &sizes, &[0; 2]].concat()
}

fn sound(members: &[Member]) -> Vec<u8> {
    archive(members, |_, there| there)
}

/// Place and reason of the refusal.
fn refusal(bytes: &[u8]) -> String {
    match load_bytes(bytes, Path::new("hostile.skops"), &Task::silent()) {
        Err(ModelError::Malformed { place, reason }) => format!("{place}: {reason}"),
        other => panic!("expected a refusal, got {:?}", other.map(|_| "a model")),
    }
}

/// A deflate stream of about `mib` MiB of zeros.
fn bomb(mib: usize) -> Vec<u8> {
    let part = |end: bool| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; 1 << 20]).expect("memory takes it");
        encoder.flush().expect("memory takes it");
        let open = encoder.get_ref().clone();
        if end { encoder.finish().expect("memory takes it") } else { open }
    };
    [part(false).repeat(mib - 1), part(true)].concat()
}

#[test]
fn a_bomb_is_refused_by_its_size() {
    with_little_memory("hostile_archives::a_bomb_is_refused_by_its_size", || {
        let bytes = Member { packed: bomb(4000), size: 4000 << 20, deflated: true, ..member("schema.json", b"", true) };
        let said = refusal(&sound(&[bytes]));
        assert!(said.contains("schema.json") && said.contains("far more than models do"), "{said}");
    });
}

#[test]
fn a_member_larger_than_it_announces_is_refused() {
    with_little_memory("hostile_archives::a_member_larger_than_it_announces_is_refused", || {
        let bytes = Member { packed: bomb(4000), size: 10, deflated: true, ..member("schema.json", b"", true) };
        let said = refusal(&sound(&[bytes]));
        assert!(said.contains("schema.json") && said.contains("checksum"), "{said}");
    });
}

#[test]
fn a_member_smaller_than_it_announces_is_refused() {
    for deflated in [false, true] {
        let hurt = Member { size: 200 << 20, ..member("schema.json", b"{}", deflated) };
        let said = refusal(&sound(&[hurt]));
        assert!(said.contains("schema.json") && said.contains("cannot hold"), "{said}");
    }
}

#[test]
fn members_that_share_bytes_are_refused() {
    let members: Vec<Member> = (0..3)
        .map(|k| member(&format!("{k}.npy"), &vec![0; 1 << 20], true))
        .chain([member("schema.json", b"{}", false)])
        .collect();
    assert!(refusal(&sound(&members)).contains("__loader__"), "the sound archive is read as far as its schema");
    let said = refusal(&archive(&members, |index, there| if index < 3 { 0 } else { there }));
    assert!(said.contains("0.npy") && said.contains("shares bytes"), "{said}");
    // The second member starts inside the first.
    let mut inner = member("0.npy", b"", false);
    inner.packed = sound(&[member("1.npy", b"abc", false)])[..38].to_vec();
    inner.size = 38;
    let both = [inner, member("1.npy", b"abc", false), member("schema.json", b"{}", false)];
    let said = refusal(&archive(&both, |index, there| if index == 1 { 35 } else { there }));
    assert!(said.contains("shares bytes"), "{said}");
}

#[test]
fn places_outside_the_file_are_refused() {
    let members = [member("0.npy", b"abc", false), member("schema.json", b"{}", false)];
    for far in [1 << 20, u32::MAX as usize, 1] {
        let said = refusal(&archive(&members, |index, there| if index == 0 { far } else { there }));
        assert!(said.contains("0.npy") && said.contains("outside"), "{said}");
    }
}

#[test]
fn sixty_five_thousand_members_are_no_danger() {
    let members: Vec<Member> = (0..65_534).map(|k| member(&format!("{k}.npy"), b"", false)).collect();
    let said = refusal(&sound(&members));
    assert!(said.contains("schema.json") && said.contains("missing"), "{said}");
    let more: Vec<Member> = members.iter().cloned().chain([member("schema.json", b"{}", false)]).collect();
    let said = refusal(&sound(&more));
    assert!(said.contains("directory"), "{said}");
    let same = vec![member("0.npy", b"", false); 1000];
    assert!(refusal(&sound(&same)).contains("twice"));
}

#[test]
fn names_are_no_paths() {
    let folder = tempfile::tempdir().expect("a folder");
    let outside = folder.path().join("outside.npy");
    std::fs::write(&outside, b"not to be read").expect("the folder takes a file");
    for name in [outside.display().to_string(), "../../outside.npy".to_owned(), "/dev/zero".to_owned()] {
        let schema = format!(
            r#"{{"__class__":"ndarray","__module__":"numpy","__loader__":"NdArrayNode","type":"numpy","file":{name:?}}}"#
        );
        let said = refusal(&sound(&[member("schema.json", schema.as_bytes(), true)]));
        assert!(said.contains("missing"), "{said}");
        // A member of this name is read from the archive and written nowhere.
        let members = [member("schema.json", schema.as_bytes(), true), member(&name, b"inside", false)];
        match load_bytes(&sound(&members), Path::new("hostile.skops"), &Task::silent()) {
            Err(ModelError::Malformed { .. } | ModelError::Unsupported { .. }) => {}
            other => panic!("expected a refusal, got {:?}", other.map(|_| "a model")),
        }
    }
    assert_eq!(std::fs::read(&outside).expect("it is still there"), b"not to be read");
    assert_eq!(std::fs::read_dir(folder.path()).expect("it can be read").count(), 1);
}
