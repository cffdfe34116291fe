//! A selector that was read: its parts, and what must be known to evaluate it.

use crate::inventory::context::{Needs, ResultSet};
use crate::inventory::pattern::Pattern;
use regex::Regex;
use std::net::IpAddr;
use std::ops::Range;

/// A parsed selector.
#[derive(Clone, Debug)]
pub struct Selector {
    pub(super) text: String,
    pub(super) root: Expr,
    pub(super) ambiguity: Option<Ambiguity>,
}

impl Selector {
    /// The selector as it was typed; spans of problems count its bytes.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(in crate::inventory) fn root(&self) -> &Expr {
        &self.root
    }

    pub(in crate::inventory) fn ambiguity(&self) -> Option<&Ambiguity> {
        self.ambiguity.as_ref()
    }

    /// Adds what must be known beside the inventory to evaluate it.
    pub(in crate::inventory) fn add_needs(&self, needs: &mut Needs) {
        self.root.visit(&mut |atom| match atom {
            Atom::File(path) => {
                needs.files.insert(path.clone());
            }
            Atom::Result(set) => {
                needs.results.insert(set.clone());
            }
            Atom::Has(Key::Panel | Key::Mta | Key::Os, _) => needs.profiles = true,
            _ => {}
        });
    }
}

/// A part of a selector and the bytes it was read from.
#[derive(Clone, Debug)]
pub(in crate::inventory) struct Expr {
    pub span: Range<usize>,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(in crate::inventory) enum Kind {
    All,
    Atom(Atom),
    Not(Box<Expr>),
    /// Two or more.
    And(Vec<Expr>),
    /// Two or more.
    Or(Vec<Expr>),
}

/// `,` beside `&` or `!` at one level.
#[derive(Clone, Debug)]
pub(in crate::inventory) struct Ambiguity {
    pub span: Range<usize>,
    /// `&` and `!` first, as in the grammar; then `,` first.
    pub readings: [Expr; 2],
}

#[derive(Clone, Debug)]
pub(in crate::inventory) enum Atom {
    Has(Key, String),
    Names(Pattern),
    Regex(Regex),
    Ip(IpRange),
    Var(String, Test),
    File(String),
    Result(ResultSet),
}

/// The keys whose value is a word that a host has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::inventory) enum Key {
    Tag,
    Group,
    Customer,
    Panel,
    Mta,
    Os,
}

impl Key {
    pub fn word(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Group => "group",
            Self::Customer => "customer",
            Self::Panel => "panel",
            Self::Mta => "mta",
            Self::Os => "os",
        }
    }
}

/// What `var:` asks of a variable.
#[derive(Clone, Debug)]
pub(in crate::inventory) enum Test {
    /// It is set and true.
    True,
    Is(String),
    IsNot(String),
    /// The order it must have to the number, and whether it may be equal.
    Order(std::cmp::Ordering, bool, f64),
}

/// An address, or a network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::inventory) struct IpRange {
    address: u128,
    mask: u128,
    v4: bool,
}

impl IpRange {
    /// `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`, `[::1]`.
    pub fn parse(text: &str) -> Option<Self> {
        let (ip, prefix) = match text.split_once('/') {
            Some((ip, prefix)) => (ip, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let ip = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(ip);
        let (address, v4) = bits(ip.parse().ok()?);
        let width = if v4 { 32 } else { 128 };
        let host_bits = width - prefix.unwrap_or(width).min(width);
        let valid = prefix.is_none_or(|prefix| prefix <= width);
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        valid.then_some(Self { address, mask, v4 })
    }

    /// Whether a host's address lies in it; a DNS name does not.
    pub fn holds(&self, address: &str) -> bool {
        let ip = address.split_once('%').map_or(address, |(ip, _)| ip);
        ip.parse().is_ok_and(|ip| {
            let (address, v4) = bits(ip);
            v4 == self.v4 && (address ^ self.address) & self.mask == 0
        })
    }
}

fn bits(ip: IpAddr) -> (u128, bool) {
    match ip.to_canonical() {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), true),
        IpAddr::V6(ip) => (ip.to_bits(), false),
    }
}

impl Expr {
    fn visit(&self, f: &mut dyn FnMut(&Atom)) {
        match &self.kind {
            Kind::All => {}
            Kind::Atom(atom) => f(atom),
            Kind::Not(inner) => inner.visit(f),
            Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|part| part.visit(f)),
        }
    }

    /// Fully parenthesised; atoms as they were typed in `text`.
    pub fn show(&self, text: &str) -> String {
        let wrap = |part: &Expr| match part.kind {
            Kind::All | Kind::Atom(_) => part.show(text),
            _ => format!("({})", part.show(text)),
        };
        let join = |parts: &[Expr], with: &str| parts.iter().map(wrap).collect::<Vec<_>>().join(with);
        match &self.kind {
            Kind::All | Kind::Atom(_) => text.get(self.span.clone()).unwrap_or_default().to_owned(),
            Kind::Not(inner) => format!("!{}", wrap(inner)),
            Kind::Or(parts) => join(parts, " , "),
            Kind::And(parts) => {
                let part = |part: &Expr| if matches!(part.kind, Kind::Not(_)) { part.show(text) } else { wrap(part) };
                parts.iter().map(part).collect::<Vec<_>>().join(" & ")
            }
        }
    }
}
