//! XML as libvirt speaks it: elements with attributes in their order, children, and text.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesEnd, BytesRef, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use std::fmt;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name, with the prefix that it was written with.
    pub name: String,
    /// Attributes in their order.
    pub attrs: Vec<(String, String)>,
    /// Elements in it.
    pub children: Vec<Node>,
    /// Its text, without the space around it; all pieces of it in one.
    pub text: String,
}

/// Why a text is no XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlError(String);

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "given XML is invalid: {}", self.0)
    }
}

/// Deeper nesting is no description of libvirt's.
const DEEPEST: usize = 64;

impl Node {
    /// An element with this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_string(), ..Self::default() }
    }

    /// The same with one more attribute.
    #[must_use]
    pub fn attr(mut self, name: &str, value: impl ToString) -> Self {
        self.set(name, value);
        self
    }

    /// The same with this text.
    #[must_use]
    pub fn text(mut self, text: impl ToString) -> Self {
        self.text = text.to_string();
        self
    }

    #[allow(dead_code)] // for machines described in parts
    /// The same with one more element.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Sets an attribute.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        let value = value.to_string();
        match self.attrs.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.attrs.push((name.to_string(), value)),
        }
    }

    /// The first element of this path below it, such as `devices/emulator`.
    pub fn find(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, name| node.children.iter().find(|c| c.name == name))
    }

    /// The same, to be changed; what is not there is made.
    pub fn entry(&mut self, path: &str) -> &mut Self {
        path.split('/').fold(self, |node, name| {
            let at = node.children.iter().position(|child| child.name == name);
            let at = at.unwrap_or_else(|| {
                node.children.push(Self::new(name));
                node.children.len() - 1
            });
            &mut node.children[at]
        })
    }

    /// An attribute of the first element of this path.
    pub fn at(&self, path: &str, attr: &str) -> Option<&str> {
        self.find(path)?.get(attr)
    }

    /// The text of the first element of this path.
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.find(path).map(|node| node.text.as_str())
    }

    /// Its elements of this name.
    pub fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Takes away its elements of this name.
    pub fn remove(&mut self, name: &str) {
        self.children.retain(|child| child.name != name);
    }

    /// Reads a document.
    ///
    /// # Errors
    /// It is no XML, or has a document type, which libvirt's has not.
    pub fn parse(text: &str) -> Result<Self, XmlError> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().enable_all_checks(true);
        let mut open: Vec<Self> = vec![Self::default()];
        loop {
            let event = reader.read_event().map_err(|error| XmlError(error.to_string()))?;
            if matches!(event, Event::Eof) {
                break;
            }
            take(&mut open, event)?;
        }
        let mut outside = open.pop().filter(|_| open.is_empty()).unwrap_or_default();
        match (outside.children.pop(), outside.children.is_empty()) {
            (Some(root), true) if outside.text.trim().is_empty() => Ok(root),
            _ => Err(XmlError("it is not one element".to_string())),
        }
    }

    /// The document, each element on a line of its own.
    pub fn write(&self) -> String {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        // A vector takes all that is written.
        drop(self.write_to(&mut writer));
        String::from_utf8_lossy(&writer.into_inner()).into_owned()
    }

    fn write_to(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let attrs = self.attrs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let start = BytesStart::new(self.name.as_str()).with_attributes(attrs);
        if self.children.is_empty() && self.text.is_empty() {
            return writer.write_event(Event::Empty(start));
        }
        writer.write_event(Event::Start(start))?;
        if !self.text.is_empty() {
            writer.write_event(Event::Text(BytesText::new(&self.text)))?;
        }
        self.children.iter().try_for_each(|child| child.write_to(writer))?;
        writer.write_event(Event::End(BytesEnd::new(self.name.as_str())))
    }
}

fn take(open: &mut Vec<Node>, event: Event<'_>) -> Result<(), XmlError> {
    let text = match event {
        Event::Start(start) => {
            if open.len() > DEEPEST {
                return Err(XmlError("it is nested too deeply".to_string()));
            }
            open.push(started(&start)?);
            return Ok(());
        }
        Event::Empty(start) => {
            let node = started(&start)?;
            open.last_mut().into_iter().for_each(|parent| parent.children.push(node.clone()));
            return Ok(());
        }
        Event::End(_) => {
            // The reader has seen that it is the one that was opened last.
            let mut node = open.pop().unwrap_or_default();
            node.text = node.text.trim().to_string();
            open.last_mut().into_iter().for_each(|parent| parent.children.push(node.clone()));
            return Ok(());
        }
        Event::DocType(_) => {
            return Err(XmlError("it has a document type".to_string()));
        }
        Event::Text(text) => text.xml10_content().into_owned(),
        Event::CData(text) => text.xml10_content().into_owned(),
        Event::GeneralRef(name) => reference(&name)?,
        _ => return Ok(()),
    };
    open.last_mut().into_iter().for_each(|node| node.text.push_str(&text));
    Ok(())
}

fn started(start: &BytesStart<'_>) -> Result<Node, XmlError> {
    let mut node = Node::new(start.name().as_ref());
    for attr in start.attributes() {
        let attr = attr.map_err(|error| XmlError(error.to_string()))?;
        let value = attr.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| XmlError(error.to_string()))?;
        node.attrs.push((attr.key.as_ref().to_string(), value.into_owned()));
    }
    Ok(node)
}

fn reference(name: &BytesRef<'_>) -> Result<String, XmlError> {
    let unknown = || XmlError(format!("&{}; is not known", name.as_ref()));
    match name.resolve_char_ref() {
        Ok(Some(c)) => Ok(c.to_string()),
        Ok(None) => {
            let found = quick_xml::escape::resolve_predefined_entity(name.as_ref());
            found.map(str::to_string).ok_or_else(unknown)
        }
        Err(_) => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written() {
        let text = "<?xml version='1.0'?><!-- c -->\n<a x='1 &lt; 2' q:y=\"'\"> <b> t &amp; &#65;<![CDATA[<]]> </b><c/></a>\n";
        let node = Node::parse(text).unwrap();
        assert_eq!((node.get("x"), node.get("q:y")), (Some("1 < 2"), Some("'")));
        assert_eq!(node.text_at("b"), Some("t & A<"));
        assert_eq!(node.children[1], Node::new("c"));
        assert_eq!(Node::parse(&node.write()).unwrap(), node);
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        for bad in [
            "",
            "x",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "<a x=1/>",
            "<a x='1' x='2'/>",
            "<a>&nope;</a>",
            "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
            &deep,
        ] {
            assert!(Node::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_find_and_make() {
        let mut node = Node::parse("<d><os><type>hvm</type></os></d>").unwrap();
        node.entry("os/bootmenu").set("enable", "yes");
        node.entry("memory").text = "1".to_string();
        assert_eq!(node.at("os/bootmenu", "enable"), Some("yes"));
        assert_eq!((node.text_at("os/type"), node.text_at("memory")), (Some("hvm"), Some("1")));
        assert_eq!(node.find("os/nope"), None);
    }
}
