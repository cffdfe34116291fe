//! An expression to the hosts it means, and why each is among them.

use super::expr::{Atom, Expr, Key, Kind, Selector, Test};
use super::trouble::{Trouble, count};
use crate::inventory::context::Context;
use crate::inventory::fold::fold;
use crate::inventory::merged::Inventory;
use crate::inventory::pattern::Pattern;
use crate::model::near::nearest;
use crate::model::untrusted::clean_line;
use crate::model::{Host, HostName};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// Words that are listed when none is near.
const LISTED: usize = 8;

/// The hosts of an expression, as sorted places in the inventory, and those of its parts.
pub(in crate::inventory) struct Evaluated {
    pub hosts: Vec<usize>,
    parts: Vec<Evaluated>,
}

pub(in crate::inventory) struct Evaluator<'a> {
    pub inventory: &'a Inventory,
    pub context: &'a Context,
    pub selector: &'a Selector,
}

type Found = Result<Vec<usize>, Trouble>;

impl Evaluator<'_> {
    /// Evaluates the whole; an ambiguous selector is refused with both readings.
    pub fn whole(&self) -> Result<Evaluated, Trouble> {
        let text = self.selector.text();
        if let Some(ambiguity) = self.selector.ambiguity() {
            let title = "`,` combined with `&` or `!` is ambiguous";
            let mut trouble = Trouble::invalid(ambiguity.span.clone(), title, "add the parentheses that you mean:");
            for reading in &ambiguity.readings {
                let hosts = self.expr(reading)?.hosts.len();
                trouble.more.push(format!("  {}   {}", clean_line(&reading.show(text), 500), count(hosts)));
            }
            return Err(trouble);
        }
        self.expr(self.selector.root())
    }

    fn expr(&self, expr: &Expr) -> Result<Evaluated, Trouble> {
        let all = 0..self.inventory.hosts.len();
        let parts = match &expr.kind {
            Kind::All | Kind::Atom(_) => Vec::new(),
            Kind::Not(inner) => vec![self.expr(inner)?],
            Kind::And(parts) | Kind::Or(parts) => parts.iter().map(|part| self.expr(part)).collect::<Result<_, _>>()?,
        };
        let has = |part: &Evaluated, host: &usize| part.hosts.binary_search(host).is_ok();
        let hosts = match &expr.kind {
            Kind::All => all.collect(),
            Kind::Atom(atom) => sorted(self.atom(atom, &expr.span)?),
            Kind::Not(_) => all.filter(|host| !parts.iter().any(|part| has(part, host))).collect(),
            Kind::Or(_) => sorted(parts.iter().flat_map(|part| part.hosts.iter().copied()).collect()),
            Kind::And(_) => {
                let first = parts.first().map(|part| part.hosts.clone()).unwrap_or_default();
                first.into_iter().filter(|host| parts.iter().all(|part| has(part, host))).collect()
            }
        };
        Ok(Evaluated { hosts, parts })
    }

    fn atom(&self, atom: &Atom, span: &Range<usize>) -> Found {
        match atom {
            Atom::Has(key, typed) => self.having(*key, typed, span),
            Atom::Names(pattern) => self.named(pattern, span),
            Atom::Regex(regex) => Ok(self.filter(|host| regex.is_match(host.name.as_str()))),
            Atom::Ip(range) => Ok(self.filter(|host| range.holds(&host.address))),
            Atom::Var(name, test) => self.variable(name, test, span),
            Atom::File(path) => self.listed(path, span),
            Atom::Result(set) => match self.context.results.get(set) {
                Some(names) => Ok(names.iter().filter_map(|name| self.inventory.names.find(name.as_str())).collect()),
                None => Err(self.nothing(span, "no such run is recorded")),
            },
        }
    }

    fn filter(&self, keep: impl Fn(&Host) -> bool) -> Vec<usize> {
        self.inventory.hosts.iter().enumerate().filter(|(_, host)| keep(host)).map(|(i, _)| i).collect()
    }

    fn nothing(&self, span: &Range<usize>, label: impl Into<String>) -> Trouble {
        Trouble::nothing(self.selector.text(), span.clone(), label)
    }

    fn having(&self, key: Key, typed: &str, span: &Range<usize>) -> Found {
        let found = self.filter(|host| self.has(key, typed, host));
        if !found.is_empty() {
            return Ok(found);
        }
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for host in &self.inventory.hosts {
            self.words(key, host, &mut |word| *known.entry(word.to_owned()).or_default() += 1);
        }
        let label = match key {
            Key::Tag => "no host has this tag",
            Key::Group if self.inventory.groups.find(typed).is_some() => "this group has no hosts",
            Key::Group => "there is no such group",
            Key::Customer => "no host belongs to this customer",
            Key::Panel => "no host is known to have this panel",
            Key::Mta => "no host is known to have this mail server",
            Key::Os => "no host is known to have this operating system",
        };
        Err(self.nothing(span, format!("{label}{}", suggest(typed, &known, |word| format!("{}:{word}", key.word())))))
    }

    fn has(&self, key: Key, typed: &str, host: &Host) -> bool {
        let mut has = false;
        self.words(key, host, &mut |word| {
            has |= match key {
                Key::Os => is_system(word, typed),
                _ => word == typed,
            }
        });
        has
    }

    /// The words of a host under a key: the inventory's, and what the last run saw.
    fn words(&self, key: Key, host: &Host, see: &mut dyn FnMut(&str)) {
        let field = match key {
            Key::Tag => return host.tags.iter().for_each(|tag| see(tag)),
            Key::Group => return host.groups.iter().for_each(|group| see(group)),
            Key::Customer => return host.customer.iter().for_each(|customer| see(customer)),
            Key::Panel => &host.panel,
            Key::Mta => &host.mta,
            Key::Os => &host.os,
        };
        let field = field.as_deref();
        field.into_iter().for_each(&mut *see);
        let Some(profile) = self.context.profiles.get(&host.name) else { return };
        let mut seen: Vec<String> = match key {
            Key::Panel => profile.panels.iter().map(|panel| panel.name.clone()).collect(),
            Key::Mta => profile.mtas.iter().filter(|mta| mta.active).map(|mta| mta.name.clone()).collect(),
            _ if profile.os.id.is_empty() => return,
            _ => vec![format!("{}-{}", profile.os.id, profile.os.version)],
        };
        match key {
            Key::Panel if seen.is_empty() => seen.push(profile.panel().to_owned()),
            Key::Mta if seen.is_empty() => seen.push(profile.mta().to_owned()),
            _ => {}
        }
        seen.sort_unstable();
        seen.dedup();
        seen.iter().filter(|word| Some(word.as_str()) != field).for_each(|word| see(word));
    }

    fn named(&self, pattern: &Pattern, span: &Range<usize>) -> Found {
        let names = &self.inventory.names;
        let found = pattern.find(names);
        let [first, ..] = found.missing.as_slice() else { return Ok(found.hosts) };
        if pattern.is_glob() {
            return match found.hosts.is_empty() {
                true => Err(self.nothing(span, "no host has such a name")),
                false => Ok(found.hosts),
            };
        }
        let missing: Vec<HostName> = found.missing.iter().filter_map(|name| HostName::parse(name)).collect();
        let label = match missing.len() {
            1 => "no host has this name".to_owned(),
            _ => format!("not in the inventory: {}", clean_line(&fold(&missing), 200)),
        };
        // People write a group's or a tag's name where a host's is wanted.
        let other = |(key, start): (Key, &str)| {
            let hosts = self.filter(|host| self.has(key, first, host)).len();
            (hosts > 0).then(|| format!("{start}{first} ({})", count(hosts)))
        };
        let mut near: Vec<String> = [(Key::Group, "@"), (Key::Tag, "tag:")].into_iter().filter_map(other).collect();
        if missing.len() == 1 {
            near.extend(nearest(first, names.iter()).into_iter().map(str::to_owned));
        }
        Err(self.nothing(span, format!("{label}{}", list("near", &near))))
    }

    fn variable(&self, name: &str, test: &Test, span: &Range<usize>) -> Found {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut found = Vec::new();
        for (i, host) in self.inventory.hosts.iter().enumerate() {
            for var in host.vars.keys() {
                *known.entry(var.clone()).or_default() += 1;
            }
            let Some(value) = host.vars.get(name) else { continue };
            match passes(value, test) {
                Ok(true) => found.push(i),
                Ok(false) => {}
                Err(wanted) => {
                    let label = format!("on {} it is something else; compare it: var:{name}=VALUE", host.name);
                    return Err(Trouble::invalid(span.clone(), format!("`{name}` must be {wanted} here"), label));
                }
            }
        }
        match known.contains_key(name) {
            true => Ok(found),
            false => {
                let near = suggest(name, &known, |word| format!("var:{word}"));
                Err(self.nothing(span, format!("no host has this variable{near}")))
            }
        }
    }

    /// One name on each line; blank lines and `#` comments are skipped.
    fn listed(&self, path: &str, span: &Range<usize>) -> Found {
        let text = match self.context.files.get(path) {
            Some(Ok(text)) => text,
            Some(Err(reason)) => {
                return Err(Trouble::invalid(span.clone(), "the file cannot be read", clean_line(reason, 200)));
            }
            None => return Err(Trouble::invalid(span.clone(), "the file cannot be read", "")),
        };
        let lines =
            text.lines().enumerate().map(|(n, line)| (n + 1, line.split('#').next().unwrap_or_default().trim()));
        let mut found = Vec::new();
        for (line, name) in lines.filter(|(_, name)| !name.is_empty()) {
            match self.inventory.names.find(name) {
                Some(host) => found.push(host),
                None => {
                    let near: Vec<String> =
                        nearest(name, self.inventory.names.iter()).into_iter().map(str::to_owned).collect();
                    let name = clean_line(name, 80);
                    let label = format!("line {line}: no host has the name `{name}`{}", list("near", &near));
                    return Err(self.nothing(span, label));
                }
            }
        }
        Ok(found)
    }

    /// Why a host is among those of the selector; to be asked of such a host only.
    pub fn explain(&self, all: &Evaluated, host: usize) -> String {
        self.reason(self.selector.root(), all, host)
    }

    fn reason(&self, expr: &Expr, evaluated: &Evaluated, host: usize) -> String {
        let text = self.selector.text();
        let nested = |(part, evaluated): (&Expr, &Evaluated)| {
            let reason = self.reason(part, evaluated, host);
            match part.kind {
                Kind::Or(_) if reason.contains(ALSO) => format!("({reason})"),
                _ => reason,
            }
        };
        match &expr.kind {
            Kind::All => "all".to_owned(),
            Kind::Not(inner) => match inner.kind {
                Kind::All | Kind::Atom(_) => format!("not {}", clean_line(&inner.show(text), 200)),
                _ => format!("not ({})", clean_line(&inner.show(text), 200)),
            },
            Kind::And(parts) => parts.iter().zip(&evaluated.parts).map(nested).collect::<Vec<_>>().join(" and "),
            Kind::Or(parts) => {
                let true_ones =
                    parts.iter().zip(&evaluated.parts).filter(|(_, e)| e.hosts.binary_search(&host).is_ok());
                true_ones.map(nested).collect::<Vec<_>>().join(ALSO)
            }
            Kind::Atom(atom) => {
                let shown = clean_line(&expr.show(text), 200);
                match self.inventory.hosts.get(host).and_then(|host| self.source(atom, host)) {
                    Some(source) => format!("{shown} ({source})"),
                    None => shown,
                }
            }
        }
    }

    /// Where the value stands that made an atom true.
    fn source(&self, atom: &Atom, host: &Host) -> Option<String> {
        let field = match atom {
            Atom::Has(Key::Tag, tag) => format!("tags.{tag}"),
            Atom::Has(Key::Group, group) => format!("groups.{group}"),
            Atom::Var(name, _) => format!("vars.{name}"),
            Atom::Ip(_) => return Some(host.address.clone()),
            Atom::Has(key, typed) => {
                let field = match key {
                    Key::Panel => &host.panel,
                    Key::Mta => &host.mta,
                    Key::Os => &host.os,
                    _ => &host.customer,
                };
                let here =
                    field.as_ref().is_some_and(|word| word == typed || (*key == Key::Os && is_system(word, typed)));
                if !here {
                    return Some("seen in the last run".to_owned());
                }
                key.word().to_owned()
            }
            Atom::Names(_) | Atom::Regex(_) | Atom::File(_) | Atom::Result(_) => return None,
        };
        self.inventory.origin(&host.name, &field).map(|origin| origin.to_string())
    }
}

/// Between reasons that each suffice.
pub(in crate::inventory) const ALSO: &str = ", also ";

fn sorted(mut hosts: Vec<usize>) -> Vec<usize> {
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// `centos` is `centos-7.9`, and so is `centos-7`; `debian-1` is not `debian-12`.
fn is_system(have: &str, typed: &str) -> bool {
    let have = have.to_lowercase();
    let rest = have.strip_prefix(&typed.to_lowercase()).map(|rest| rest.chars().next());
    rest.is_some_and(|next| next.is_none_or(|c| !c.is_alphanumeric()))
}

/// Whether a variable passes; `Err` with what it ought to be when the question does not fit it.
fn passes(value: &Value, test: &Test) -> Result<bool, &'static str> {
    let is = |text: &str| match value {
        Value::String(value) => value == text,
        Value::Number(number) => text.parse().is_ok_and(|wanted: f64| number.as_f64() == Some(wanted)),
        Value::Bool(value) => text == if *value { "true" } else { "false" },
        Value::Null => text == "null",
        Value::Array(_) | Value::Object(_) => false,
    };
    match test {
        Test::Is(text) => Ok(is(text)),
        Test::IsNot(text) => Ok(!is(text)),
        Test::True => value.as_bool().ok_or("true or false"),
        Test::Order(order, equal, wanted) => {
            let number = value.as_f64().ok_or("a number")?;
            Ok(number.partial_cmp(wanted) == Some(*order) || (*equal && number == *wanted))
        }
    }
}

/// `; near: tag:plesk (47 hosts)`, or the words there are when they are few.
fn suggest(typed: &str, known: &BTreeMap<String, usize>, show: impl Fn(&str) -> String) -> String {
    let with_count = |word: &str| {
        let hosts = known.get(word).copied().unwrap_or(0);
        format!("{} ({})", clean_line(&show(word), 80), count(hosts))
    };
    let near: Vec<String> = nearest(typed, known.keys().map(String::as_str)).into_iter().map(with_count).collect();
    if near.is_empty() && known.len() <= LISTED {
        return list("known", &known.keys().map(|word| with_count(word)).collect::<Vec<_>>());
    }
    list("near", &near)
}

fn list(title: &str, words: &[String]) -> String {
    if words.is_empty() { String::new() } else { format!("; {title}: {}", words.join(", ")) }
}
