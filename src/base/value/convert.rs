//! Rust values as values.

use super::{Key, Kind, Value};
use num_bigint::BigInt;

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::new(Kind::Bool(b))
    }
}
impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::new(Kind::Int(n))
    }
}
impl From<i32> for Value {
    fn from(n: i32) -> Self {
        Self::new(Kind::Int(i64::from(n)))
    }
}
impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::new(Kind::Int(i64::from(n)))
    }
}
impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Self::big(BigInt::from(n))
    }
}
impl From<f64> for Value {
    fn from(f: f64) -> Self {
        Self::new(Kind::Float(f))
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::str(text)
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::str(text)
    }
}
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::list(items.into_iter().map(Into::into).collect())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(item: Option<T>) -> Self {
        item.map_or(Self::NULL, Into::into)
    }
}
impl<K: Into<Key>> FromIterator<(K, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Self::map(entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }
}
