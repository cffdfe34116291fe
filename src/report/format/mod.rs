//! The output formats, one file for each.

mod json;
mod ndjson;
mod table;
mod yaml;

use super::page::Look;
pub use yaml::text as yaml_text;

use crate::model::sink::Sink;
use std::io::Write;

/// One output format.
pub struct Format {
    /// The word behind `--output`.
    pub name: &'static str,
    /// One sentence: what it is for.
    pub doc: &'static str,
    /// Whether people read it, so that progress may be drawn beside it.
    pub for_people: bool,
    pub(super) make: fn(Look, Box<dyn Write + Send>) -> Box<dyn Sink>,
}

/// Every format, the default first.
pub static FORMATS: &[&Format] = &[&table::FORMAT, &json::FORMAT, &ndjson::FORMAT, &yaml::FORMAT];

impl Format {
    /// The format of that name; none when there is no such format.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|f| f.name == name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_format_file_is_forgotten() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/format");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|stem| stem != "mod")
            .collect();
        files.sort();
        let mut names: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
        names.sort_unstable();
        assert_eq!(files, names);
        assert!(FORMATS.iter().all(|f| Format::named(f.name).is_some() && !f.doc.is_empty()));
        assert!(Format::named("xml").is_none());
    }
}
