use super::*;
use std::fs::{Permissions, create_dir, set_permissions, write};
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};

const OTHER: u32 = 65_534;

/// A folder of this user, below the system's `/tmp`, with `dir/file` in it.
fn folder() -> tempfile::TempDir {
    let top = tempfile::tempdir().unwrap();
    create_dir(top.path().join("dir")).unwrap();
    write(top.path().join("dir/file"), "x").unwrap();
    set_mode(&top.path().join("dir"), 0o755);
    set_mode(&top.path().join("dir/file"), 0o644);
    top
}

fn set_mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Only root gives files away.
fn is_root() -> bool {
    let root = geteuid().is_root();
    if !root {
        println!("skipped: only root can give files to another user");
    }
    root
}

#[test]
fn a_file_that_others_may_write_is_refused_with_the_command_that_mends_it() {
    let top = folder();
    let (dir, file) = (top.path().join("dir"), top.path().join("dir/file"));
    assert_eq!(check(&file), Ok(()));
    for mode in [0o664, 0o646] {
        set_mode(&file, mode);
        let why = check(&file).unwrap_err();
        let said = why.problem(&file).to_string();
        assert!(said.contains(&format!("other users may write {}", file.display())), "{said}");
        assert!(said.contains(&format!("mode 0{mode:o}")), "{said}");
        assert!(said.ends_with(&format!("chmod go-w {}", file.display())), "{said}");
    }
    set_mode(&file, 0o600);
    set_mode(&dir, 0o775);
    assert_eq!(check(&file).unwrap_err().entry, dir, "whoever writes the folder puts another file there");
    // Sticky: others add entries and take none away, but a folder's entries would count.
    set_mode(&dir, 0o1777);
    assert_eq!(check(&file), Ok(()));
    assert_eq!(check(&dir).unwrap_err().wrong, Wrong::Writable);
}

#[test]
fn a_file_a_folder_or_a_link_of_another_user_is_refused() {
    if !is_root() {
        return;
    }
    let top = folder();
    let (dir, file, link) = (top.path().join("dir"), top.path().join("dir/file"), top.path().join("link"));
    chown(&file, Some(OTHER), None).unwrap();
    let why = check(&file).unwrap_err();
    assert_eq!((&why.entry, why.owner, why.wrong), (&file, OTHER, Wrong::Owner));
    assert!(why.help().ends_with(&format!("chown 0 {}", file.display())), "{}", why.help());
    // Its own user takes it, and what is root's.
    let owners = |user| check_for(user, &file).map_err(|why| why.wrong);
    assert_eq!((owners(OTHER), owners(1234)), (Ok(()), Err(Wrong::Owner)));

    chown(&file, Some(0), None).unwrap();
    assert_eq!(check_for(1234, &file), Ok(()), "root's is everybody's");
    chown(&dir, Some(OTHER), None).unwrap();
    assert_eq!(check(&file).unwrap_err().entry, dir);
    chown(&dir, Some(0), None).unwrap();

    symlink(&file, &link).unwrap();
    assert_eq!(check(&link), Ok(()));
    lchown(&link, Some(OTHER), None).unwrap();
    assert_eq!(check(&link).unwrap_err().entry, link, "whoever owns a link in a shared folder leads it elsewhere");
}

#[test]
fn a_link_is_judged_by_its_target_and_by_each_folder_on_the_way() {
    let top = folder();
    let at = |name: &str| top.path().join(name);
    create_dir(at("open")).unwrap();
    set_mode(&at("open"), 0o777);
    write(at("open/file"), "x").unwrap();
    symlink("open/file", at("to-file")).unwrap();
    symlink("../dir/../open", at("dir/to-folder")).unwrap();
    symlink(at("to-file"), at("to-link")).unwrap();
    symlink("dir/file", at("good")).unwrap();
    symlink("nothing", at("dangling")).unwrap();
    for way in ["to-file", "to-link", "dir/to-folder/file", "dir/../open/file", "open/../open/file"] {
        assert_eq!(check(&at(way)).map_err(|why| why.entry), Err(at("open")), "{way}");
    }
    for way in ["good", "./dir/./file", "dir/../good", "dangling", "none", "none/below"] {
        assert_eq!(check(&at(way)), Ok(()), "{way}");
    }
    symlink("circle", at("circle")).unwrap();
    assert_eq!(check(&at("circle")).unwrap_err().wrong, Wrong::Links);
}

#[test]
fn devices_are_nobodys_orders() {
    assert_eq!(check(Path::new("/dev/null")), Ok(()));
    assert_eq!(check(Path::new("/")), Ok(()));
}
