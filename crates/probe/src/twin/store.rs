//! Where the twin's books are, and what guards them: one lock around each whole step, which is right; or,
//! with a flaw, a mutex in each process or a lease that expires, which are not.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Flaw, books::Books};

/// Where the books are kept.
#[derive(Debug, Clone)]
pub enum Keep {
    /// In memory, shared by the twin's fronts.
    Memory,
    /// In a folder, shared by processes.
    Folder(PathBuf),
}

pub(super) enum Place {
    Memory(Arc<Mutex<Books>>),
    Folder(PathBuf),
}

pub(super) struct Store {
    pub place: Place,
    pub flaw: Option<Flaw>,
    /// How long a flawed step lies between what it reads and what it writes.
    pub window: Duration,
    /// This process's own mutex, which no other process knows of.
    pub own: tokio::sync::Mutex<()>,
}

/// A lease is broken by whoever finds it older than this.
const LEASE: Duration = Duration::from_millis(50);

impl Store {
    pub async fn pause(&self) {
        tokio::time::sleep(self.window).await;
    }

    /// One look at the books.
    pub fn read<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        match &self.place {
            Place::Memory(books) => look(&books.lock().unwrap_or_else(PoisonError::into_inner)),
            Place::Folder(folder) => {
                let _guard = locked(folder);
                look(&load(folder))
            }
        }
    }

    /// One step, whole.
    pub async fn write<T>(&self, step: impl FnOnce(&mut Books) -> T) -> T {
        match self.flaw {
            Some(Flaw::MutexInProcess) => {
                let _own = self.own.lock().await;
                self.load_pause_save(step).await
            }
            Some(Flaw::LeaseExpires) => {
                self.take_lease().await;
                let done = self.load_pause_save(step).await;
                self.drop_lease();
                done
            }
            _ => self.step(step),
        }
    }

    fn step<T>(&self, step: impl FnOnce(&mut Books) -> T) -> T {
        match &self.place {
            Place::Memory(books) => {
                let mut books = books.lock().unwrap_or_else(PoisonError::into_inner);
                if self.flaw == Some(Flaw::AckBeforeCommit) {
                    // What was acknowledged last has not been written when the next one comes.
                    books.durable = None;
                    let before = books.clone();
                    books.durable = Some(Box::new(before));
                }
                step(&mut books)
            }
            Place::Folder(folder) => {
                let _guard = locked(folder);
                let mut books = load(folder);
                let done = step(&mut books);
                save(folder, &books);
                done
            }
        }
    }

    async fn load_pause_save<T>(&self, step: impl FnOnce(&mut Books) -> T) -> T {
        let mut books = self.read(Clone::clone);
        self.pause().await;
        let done = step(&mut books);
        match &self.place {
            Place::Memory(place) => {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = books;
            }
            Place::Folder(folder) => {
                let _guard = locked(folder);
                save(folder, &books);
            }
        }
        done
    }

    async fn take_lease(&self) {
        let Place::Folder(folder) = &self.place else { return };
        let lease = folder.join("lease");
        loop {
            let taken = File::options().write(true).create_new(true).open(&lease);
            if taken.is_ok() {
                return;
            }
            let age = fs::metadata(&lease).and_then(|data| data.modified());
            let is_old = age.is_ok_and(|since| since.elapsed().is_ok_and(|age| age > LEASE));
            if is_old {
                let _ = fs::remove_file(&lease);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn drop_lease(&self) {
        if let Place::Folder(folder) = &self.place {
            let _ = fs::remove_file(folder.join("lease"));
        }
    }
}

/// Held as long as the file is open.
fn locked(folder: &Path) -> io::Result<File> {
    let file = File::create(folder.join("lock"))?;
    file.lock()?;
    Ok(file)
}

fn load(folder: &Path) -> Books {
    let text = fs::read(folder.join("books.json")).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn save(folder: &Path, books: &Books) {
    let (new, old) = (folder.join("books.new"), folder.join("books.json"));
    let written = fs::write(&new, serde_json::to_vec(books).unwrap_or_default());
    // A twin that can't write is of no use, and says so by answering from old books.
    let _ = written.and_then(|()| fs::rename(new, old));
}

/// Milliseconds since the twins' common beginning, which is the machine's.
pub(super) fn now_ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
