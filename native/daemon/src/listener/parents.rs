//! A user who may rename or delete the socket, or a directory above it, can replace the socket. So each directory on the way
//! to it must belong to root or to this user, and no other user may write to it.
//!
//! Twin of `src/server/socket-parents.ts`.

use std::collections::VecDeque;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use crate::socket_path::{directory_of, own_uid};
use crate::texts::socket as texts;

/// As in Linux.
const MAX_LINKS: usize = 40;

/// Refuses the socket's directory unless it is safe: it and each directory in which a part of its path is looked up, links
/// followed, belong to root or to this user, and no other user may write to them. Above the last one, the sticky bit is enough
/// where the next part belongs to root or this user, as in /tmp: others cannot rename that. In the last one it is not: others
/// could take the name of the socket while no daemon has it. `allows_open`: the operator answers for the writers.
pub(super) fn check_parents(path: &Path, allows_open: bool) -> Result<(), String> {
    let directory = directory_of(path);
    let failed = |error: io::Error| texts::cannot_use(directory.display(), error);
    let last = match fs::metadata(directory) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(texts::no_parent(directory.display())),
        Err(error) => return Err(failed(error)),
    };
    if !last.is_dir() {
        return Err(texts::parent_not_directory(directory.display()));
    }
    check_owner(directory, &last)?;
    if is_open(&last) && !allows_open {
        return Err(others_may_write(directory, &last));
    }
    let mut rest = parts_of(&std::env::current_dir().map_err(failed)?.join(directory));
    let mut at = PathBuf::from("/");
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        let metadata = fs::symlink_metadata(&at).map_err(failed)?;
        check_owner(&at, &metadata)?;
        let next = if name.as_os_str() == ".." { at.parent().unwrap_or(&at).to_owned() } else { at.join(&name) };
        let entry = fs::symlink_metadata(&next).map_err(failed)?;
        // Sticky: only the owner of the entry, of the directory, and root may rename it.
        if is_open(&metadata) && !allows_open && !(metadata.mode() & 0o1000 != 0 && is_trusted(&entry)) {
            return Err(others_may_write(&at, &metadata));
        }
        if !entry.is_symlink() {
            at = next;
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return Err(texts::too_many_links(directory.display()));
        }
        let target = fs::read_link(&next).map_err(failed)?;
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
        for part in parts_of(&target).into_iter().rev() {
            rest.push_front(part);
        }
    }
    Ok(())
}

/// `..` stays: behind a link it is not the part before it.
fn parts_of(path: &Path) -> VecDeque<PathBuf> {
    let is_part = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_part).map(|part| PathBuf::from(part.as_os_str())).collect()
}

fn is_trusted(metadata: &Metadata) -> bool {
    metadata.uid() == 0 || metadata.uid() == own_uid()
}

fn is_open(metadata: &Metadata) -> bool {
    metadata.mode() & 0o022 != 0
}

fn check_owner(directory: &Path, metadata: &Metadata) -> Result<(), String> {
    if is_trusted(metadata) {
        return Ok(());
    }
    Err(texts::foreign_parent(directory.display(), metadata.uid(), own_uid()))
}

fn others_may_write(directory: &Path, metadata: &Metadata) -> String {
    texts::others_may_write(directory.display(), format!("{:03o}", metadata.mode() & 0o7777))
}
