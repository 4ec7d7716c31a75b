//! How a volume is made.

use super::lvol::Args;
use super::run;
use super::seen::{KIND, Lv, Lvm, Vg};
use super::size::Size;
use crate::modules::services::service::words;
use crate::spec::{Change, Effect, Failure, Risk};

impl Args {
    /// The change that makes it.
    ///
    /// # Errors
    /// No size, or one that only fits a volume that is there.
    pub fn create(&self, lvm: &Lvm, vg: &Vg, size: Option<Size>) -> Result<Change, Failure> {
        let origin = self.lv.as_deref().and_then(|lv| lvm.lv(&self.vg, lv));
        let thin_snapshot = self.snapshot.is_some() && origin.is_some_and(Lv::is_thin);
        if size.is_none() && !thin_snapshot {
            return Err(Failure::new("No size given."));
        }
        let text = self.size.as_deref().unwrap_or_default();
        if let Some(sign) = size.and_then(|size| size.sign) {
            let text = format!(
                "Bad size specification of '{text}' for creating LV: {sign} is for one that is there"
            );
            return Err(Failure::new(text));
        }
        let all = self.words(size)?;
        let (lv, name) = (self.lv.as_deref(), format!("{}/{}", self.vg, self.name()));
        let attr = match (&self.snapshot, &self.thinpool, lv) {
            (None, Some(_), None) => "twi-a-tz--",
            (None, Some(_), _) => "Vwi-a-tz--",
            (Some(_), ..) => "swi-a-s---",
            _ => "-wi-a-----",
        };
        let bytes = size.map_or(0, |size| size.of(0, vg));
        let new = Lv { attr: attr.to_string(), size: bytes, ..Lv::default() };
        let change = Change::new(run(all), format!("make {name}")).risk(Risk::Medium);
        Ok(change.effect(Effect::Thing(KIND, name, Some(new.to_value()))))
    }

    /// lvcreate with all its words.
    fn words(&self, size: Option<Size>) -> Result<Vec<String>, Failure> {
        let text = self.size.as_deref().unwrap_or_default();
        let mut all = vec!["lvcreate".to_string(), "-y".to_string()];
        let sized = size.map(|size| size.words(text)).into_iter().flatten();
        let (lv, target) = (self.lv.as_deref(), |name: &str| format!("{}/{name}", self.vg));
        match (&self.snapshot, &self.thinpool, lv) {
            (Some(snapshot), _, lv) => {
                all.extend(sized);
                all.extend(["-s".to_string(), "-n".to_string(), snapshot.clone()]);
                all.extend(words(&self.opts)?);
                all.push(target(lv.unwrap_or_default()));
            }
            (None, Some(pool), Some(lv)) => {
                let mut sized = sized;
                let _ = sized.next();
                all.extend(["-n".to_string(), lv.to_string(), "-V".to_string()]);
                all.extend(sized);
                all.extend(words(&self.opts)?);
                all.extend(["-T".to_string(), target(pool)]);
            }
            (None, Some(pool), None) => {
                all.extend(sized);
                all.extend(words(&self.opts)?);
                all.extend(["-T".to_string(), target(pool)]);
                all.extend(self.pvs.iter().cloned());
            }
            (None, None, lv) => {
                all.extend(["-n".to_string(), lv.unwrap_or_default().to_string()]);
                all.extend(sized);
                all.extend(words(&self.opts)?);
                all.push(self.vg.clone());
                all.extend(self.pvs.iter().cloned());
            }
        }
        Ok(all)
    }
}
