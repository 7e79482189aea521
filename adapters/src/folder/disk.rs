//! The few things that are done to the disk, each atomic and durable when it returns.
//!
//! Owns the order of writing, synchronising and renaming; knows nothing of what the files mean. In tests a disk can be
//! made to fail at any of its operations, as a crash would.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// The disk.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// How many operations succeed before the crash.
    #[cfg(test)]
    pub(super) allowance: std::cell::Cell<Option<u32>>,
}

impl Disk {
    /// Writes a file whole or not at all; one that is there is replaced.
    pub(super) fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.operation()?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.part"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        self.operation()?;
        fs::rename(&temporary, path)?;
        sync_parent(path)
    }

    /// Moves a file; says whether there was one.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<bool> {
        self.operation()?;
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => return Ok(false),
            other => other?,
        }
        sync_parent(to)?;
        sync_parent(from)?;
        Ok(true)
    }

    /// Creates a folder and those above it.
    pub(super) fn create_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        self.operation()?;
        fs::create_dir_all(folder)?;
        sync_parent(folder)
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.operation()?;
        absent_is_fine(fs::remove_file(path))
    }

    /// Removes a folder with what is left in it, if it is there.
    pub(super) fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.operation()?;
        absent_is_fine(fs::remove_dir_all(folder))
    }

    #[cfg(not(test))]
    fn operation(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn operation(&self) -> io::Result<()> {
        match self.allowance.get() {
            None => Ok(()),
            Some(0) => Err(io::Error::other("crash")),
            Some(left) => {
                self.allowance.set(Some(left - 1));
                Ok(())
            }
        }
    }
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A rename is durable when the folder is.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => match File::open(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            opened => opened?.sync_all(),
        },
        Some(_) | None => File::open(".")?.sync_all(),
    }
}

/// Reads a file that may be at most `most` bytes long; none when it is longer.
pub(super) fn read_bounded(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    use io::Read;
    let mut content = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut content)?;
    Ok((content.len() as u64 <= most).then_some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("document.xml");
        let disk = Disk::default();
        disk.write(&path, b"first").expect("written");
        for allowance in 0..2 {
            disk.allowance.set(Some(allowance));
            assert!(disk.write(&path, b"second").is_err());
            assert_eq!(fs::read(&path).expect("read"), b"first");
        }
        disk.allowance.set(None);
        disk.write(&path, b"second").expect("written");
        assert_eq!(fs::read(&path).expect("read"), b"second");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn moving_and_removing_what_is_not_there_is_no_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Disk::default();
        let path = |name| folder.path().join(name);
        assert!(!disk.rename(&path("a"), &path("b")).expect("nothing to do"));
        disk.remove(&path("a")).expect("nothing to do");
        disk.remove_folder(&path("a")).expect("nothing to do");
        disk.write(&path("a"), b"x").expect("written");
        assert!(disk.rename(&path("a"), &path("b")).expect("moved"));
        assert!(disk.rename(&path("b"), &path("no folder/b")).is_err());
    }

    #[test]
    fn a_file_beyond_the_limit_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("document.xml");
        fs::write(&path, b"12345").expect("written");
        assert_eq!(read_bounded(&path, 5).expect("read").as_deref(), Some(&b"12345"[..]));
        assert_eq!(read_bounded(&path, 4).expect("read"), None);
    }
}
