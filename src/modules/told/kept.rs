//! A small text file that a module's own probe read, and how it is written again.

use super::Told;
use crate::base::{Key, Value};
use crate::spec::file::WriteFile;
use crate::spec::input::hex;
use crate::spec::world::Text;
use crate::spec::{Change, Ctx, Diff, Failure, Input, Op, PathKind, PathState, Ran};
use bytes::Bytes;
use sha1::{Digest, Sha1};

/// A file, with the predicted world over it.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Where it is.
    pub path: String,
    /// What is there; None: nothing.
    pub state: Option<PathState>,
    /// What is in it; empty when there is none.
    pub bytes: Bytes,
    /// Why its content is not certain.
    pub uncertain: Option<String>,
}

impl Kept {
    /// The file of this path, which the probe was told to read.
    ///
    /// # Errors
    /// It was not told, is no regular file, or cannot be read.
    pub fn of(told: &Told, path: &str, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let file = told.files.iter().find(|file| file.path == path);
        let file = file.ok_or_else(|| Failure::new(format!("{path} was not looked at")))?;
        Self::seen(path, &file.line, file.content.clone(), ctx)
    }

    /// The same of a `tk_stat` line and the content.
    ///
    /// # Errors
    /// It is no regular file, or cannot be read.
    pub fn seen(
        path: &str,
        line: &str,
        content: Option<Bytes>,
        ctx: Ctx<'_>,
    ) -> Result<Self, Failure> {
        let mut state = PathState::parse(line.trim_end());
        if state.as_ref().is_some_and(|state| state.kind != PathKind::File) {
            return Err(Failure::new(format!("{path} is not a regular file")));
        }
        if state.is_some() && content.is_none() {
            return Err(Failure::new(format!("Permission denied for {path}")));
        }
        let bytes = content.unwrap_or_default();
        if let Some(state) = &mut state {
            // The content is what counts: the file may have been written between two looks.
            state.size = bytes.len() as u64;
            state.sha1 = Some(hex(&Sha1::digest(&bytes)));
        }
        let mut kept = Self { path: path.to_string(), state, bytes, uncertain: None };
        kept.overlay(ctx);
        Ok(kept)
    }

    fn overlay(&mut self, ctx: Ctx<'_>) {
        match ctx.world.path(&self.path) {
            Some(Some(attrs)) => match &attrs.content {
                Some(Text::Known { bytes: Some(bytes), .. }) => self.bytes = bytes.clone(),
                Some(_) => {
                    self.uncertain = Some(format!("the content of {} is not known yet", self.path));
                }
                None => {}
            },
            Some(None) => self.bytes = Bytes::new(),
            None => {}
        }
        self.state = PathState::overlay(&self.path, self.state.take(), ctx.world);
    }

    /// Whether it is there.
    pub fn there(&self) -> bool {
        self.state.is_some()
    }

    /// Its text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Its text, to be edited.
    ///
    /// # Errors
    /// It is no UTF-8: other lines would not be kept as they are.
    pub fn editable(&self) -> Result<&str, Failure> {
        let plain = |_| Failure::new(format!("{} is no UTF-8 text", self.path));
        std::str::from_utf8(&self.bytes).map_err(plain)
    }

    /// The change that gives it this content; a new file gets this mode.
    pub fn write(&self, content: impl Into<Bytes>, mode: u32, why: impl Into<String>) -> Change {
        self.file(content, mode).change(why)
    }

    /// The same as data.
    pub fn file(&self, content: impl Into<Bytes>, mode: u32) -> WriteFile {
        WriteFile {
            mode: if self.there() { None } else { Some(mode) },
            seen_sha1: self.state.as_ref().and_then(|state| state.sha1.clone()),
            ..WriteFile::new(&self.path, Input::bytes(content))
        }
    }

    /// The difference that such a change makes.
    pub fn diff(&self, after: &str, ctx: Ctx<'_>) -> Diff {
        let side = |text: &str| Some(if ctx.diff { text.into() } else { String::new().into() });
        Diff {
            before: side(&self.text()),
            after: side(after),
            before_header: Some(self.path.clone()),
            after_header: Some(self.path.clone()),
            ..Diff::default()
        }
    }

    /// Why it could not be written: its directory is not there.
    pub fn no_place(ran: &Ran) -> Option<Failure> {
        let Op::WriteFile(file) = &ran.change.op else { return None };
        let missing = ran.answer.rc == Ran::NO_PLACE;
        missing.then(|| Failure::new(format!("the directory of {} is not there", file.path)))
    }

    /// `backup_file` of a result: where the old file is, if one was kept.
    pub fn backup(ran: &[Ran]) -> Option<(Key, Value)> {
        let path = ran.iter().find_map(|ran| ran.backup.clone())?;
        Some((Key::from("backup_file"), Value::from(path)))
    }

    /// Whether it is what a change wrote.
    ///
    /// # Errors
    /// What is wrong.
    pub fn wrote(&self, change: &Change) -> Result<(), String> {
        let Op::WriteFile(file) = &change.op else { return Ok(()) };
        let Some(state) = self.state.as_ref().filter(|_| file.path == self.path) else {
            return Err(format!("{} is not there", file.path));
        };
        if state.sha1.as_deref() != Some(file.sha1.as_str()) {
            return Err(format!("{} has other content", file.path));
        }
        match file.mode {
            Some(mode) if mode != state.mode => Err(format!("its mode is {:04o}", state.mode)),
            _ => Ok(()),
        }
    }
}
