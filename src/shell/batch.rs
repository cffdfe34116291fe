//! The layout of parts on the standard input of `/bin/sh -s`, and its inverse.
//!
//! Each part is given to a shell of its own, so that a syntax error, an `exit` or a changed variable stays
//! inside it. Script and data are two here-documents on descriptors 3 and 4, whose delimiters hold the
//! session's nonce: neither can end early, and the data is read line by line, never parsed. The outer shell
//! may read ahead as far as it likes, since all of its input is program text.
//!
//! Works on the shells of CentOS 5 to Debian 13 (bash 3.2, dash, busybox ash); needs `/proc`.

use super::Part;
use std::fmt;

/// A session's random mark: 32 hexadecimal digits. Made by whoever has randomness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// From 16 random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    fn parse(text: &str) -> Option<Self> {
        (text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a part cannot be laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPart(String);

impl fmt::Display for BadPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadPart {}

/// The first lines of a session. `FLEET_N` guards every part: where a login script ate these lines, nothing runs.
/// Older bash keeps here-documents in files; in `/dev/shm` they reach no disk.
pub fn preamble(nonce: &Nonce) -> String {
    format!(
        "FLEET_N={nonce}; umask 077; unset ENV BASH_ENV CDPATH; LC_ALL=C; export LC_ALL\n\
         [ -w /dev/shm ] && TMPDIR=/dev/shm\n\
         PATH=${{PATH:-/bin}}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH\n",
        nonce = nonce.as_str()
    )
}

/// What a part's shell says first: its number, its start time and its session, which together belong to no later process.
const BEGIN: &str = r"IFS= read -r fleet_me </proc/$$/stat; set -- ${fleet_me##*) }; printf '\n%s B %s %s %s %s\n'";

/// The text that makes the session's shell run `part` as number `n`.
pub fn layout(nonce: &Nonce, n: u32, part: &Part) -> Result<String, BadPart> {
    let mark = nonce.as_str();
    let bad = |what: String| Err(BadPart(format!("part {}: {what}", part.name)));
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    if part.name.is_empty() || !part.name.bytes().all(plain) {
        return bad("its name must be [a-z0-9._-]+".into());
    }
    if part.script.contains(mark) || part.script.contains('\0') {
        return bad("its script holds a NUL or the session's mark".into());
    }
    let mut reads = String::new();
    let mut data = String::new();
    if let Some(secret) = &part.secret {
        if secret.expose().contains(['\n', '\0']) {
            return bad("the secret holds a line feed or NUL".into());
        }
        reads.push_str("IFS= read -r fleet_secret <&4\n");
        data.push_str(secret.expose());
        data.push('\n');
    }
    for (name, value) in &part.values {
        if value.contains(['\n', '\0']) {
            return bad(format!("the value of `{name}` holds a line feed or NUL"));
        }
        reads.push_str(&format!("IFS= read -r {name} <&4\n"));
        data.push_str(value);
        data.push('\n');
    }
    for arg in &part.args {
        if arg.contains(['\n', '\0']) {
            return bad("an argument holds a line feed or NUL".into());
        }
        reads.push_str("IFS= read -r fleet_arg <&4; set -- \"$@\" \"$fleet_arg\"\n");
        data.push_str(arg);
        data.push('\n');
    }
    for line in &part.input {
        if line.contains(['\n', '\0']) {
            return bad("a line of its input holds a line feed or NUL".into());
        }
        data.push_str(line);
        data.push('\n');
    }
    // What was not read of the data is the script's standard input.
    let stdin = if part.input.is_empty() { "" } else { "exec <&4\n" };
    let session = match part.session {
        "" => String::new(),
        session => format!("test \"$FLEET_N\" = {mark} && {session}\n"),
    };
    Ok(format!(
        "{session}[ \"$FLEET_N\" = {mark} ] && /bin/sh /proc/self/fd/3 3<<'{mark}.s' 4<<'{mark}.d' </dev/null\n\
         {BEGIN} {mark} {n} $$ \"${{20:-0}}\" \"${{4:-0}}\"; set --\n\
         # part {name}\n\
         {reads}{stdin}exec 4<&-\n\
         {script}\n\
         {mark}.s\n\
         {data}{mark}.d\n\
         fleet_rc=$?; printf '\\n%s E %s %s\\n' {mark} {n} $fleet_rc; printf '\\n%s E %s %s\\n' {mark} {n} $fleet_rc >&2\n",
        name = part.name,
        script = part.script.trim_end_matches('\n'),
    ))
}

/// A part as a server that understands the layout sees it: what the demo's servers work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub nonce: Nonce,
    pub n: u32,
    pub name: String,
    /// The script itself, without marks and reads.
    pub script: String,
    /// Values and arguments, in order.
    pub data: Vec<String>,
}

/// Takes a session's input apart, in whatever pieces it arrives.
#[derive(Debug, Default)]
pub struct Receiver {
    pending: String,
}

impl Receiver {
    /// The parts that are complete with these bytes.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Received> {
        self.pending.push_str(&String::from_utf8_lossy(bytes));
        let mut parts = Vec::new();
        while let Some((part, used)) = Self::take(&self.pending) {
            parts.push(part);
            self.pending.drain(..used);
        }
        parts
    }

    fn take(text: &str) -> Option<(Received, usize)> {
        let head = text.find("[ \"$FLEET_N\" = ")?;
        let after = text.get(head + 15..)?;
        let nonce = Nonce::parse(after.get(..32)?)?;
        let body_at = head + 15 + after.find('\n')? + 1;
        let (script_end, data_end) = (format!("\n{}.s\n", nonce.as_str()), format!("{}.d\n", nonce.as_str()));
        let body = text.get(body_at..)?;
        let body_len = body.find(&script_end)?;
        let data_at = body_at + body_len + script_end.len();
        let data_len = text.get(data_at..)?.find(&data_end)?;
        let tail_at = data_at + data_len + data_end.len();
        let tail_len = text.get(tail_at..)?.find('\n')? + 1;

        let (reads, script) = body.get(..body_len)?.split_once("exec 4<&-\n")?;
        let mut lines = reads.lines();
        let (_, begin) = lines.next()?.split_once(nonce.as_str())?;
        let n = begin.split_ascii_whitespace().next()?.parse().ok()?;
        let name = lines.next()?.strip_prefix("# part ")?.to_owned();
        let data = text.get(data_at..data_at + data_len)?.lines().map(str::to_owned).collect();
        Some((Received { nonce, n, name, script: script.to_owned(), data }, tail_at + tail_len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn nonce() -> Nonce {
        Nonce::new([0xab; 16])
    }

    /// Runs parts through the machine's own `/bin/sh -s` and returns standard output.
    fn run(parts: &[Part]) -> String {
        let mut child = Command::new("/bin/sh")
            .arg("-s")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = preamble(&nonce());
        for (n, part) in parts.iter().enumerate() {
            input.push_str(&layout(&nonce(), n as u32, part).unwrap());
        }
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let mark = nonce().as_str().to_owned();
        let pidless = regex::Regex::new(r"B (\d+) \d+ [1-9]\d* \d+").unwrap();
        pidless.replace_all(&out.replace(&mark, "N"), "B $1 PID").into_owned()
    }

    #[test]
    fn parts_run_one_after_the_other_and_report_their_status() {
        let parts = [Part::new("a", "echo one"), Part::new("b", "echo two; exit 3"), Part::new("c", "echo three")];
        insta::assert_snapshot!(run(&parts), @r"

        N B 0 PID
        one

        N E 0 0

        N B 1 PID
        two

        N E 1 3

        N B 2 PID
        three

        N E 2 0
        ");
    }

    #[test]
    fn a_syntax_error_or_a_greedy_reader_harms_only_its_own_part() {
        let parts = [
            Part::new("bad", "if then ("),
            Part::new("greedy", "cat; read x; echo \"[$x]\""),
            Part::new("good", "echo ok"),
        ];
        let out = run(&parts);
        assert!(out.contains("N E 0 2"), "{out}");
        assert!(out.contains("[]") && out.contains("N E 1 0"), "{out}");
        assert!(out.contains("ok\n\nN E 2 0"), "{out}");
    }

    #[test]
    fn data_is_data_whatever_it_says() {
        let nasty = r#"'; echo pwn; $(echo pwn) `echo pwn` \ " * ~ {{ x }} -n"#;
        let mut part = Part::new("data", "printf '<%s>' \"$text\" \"$@\"").value("text", nasty);
        part.args = vec!["  two  blanks ".into(), String::new(), "$HOME".into(), "日本".into()];
        let expected = format!("<{nasty}><  two  blanks ><><$HOME><日本>");
        assert!(run(&[part]).contains(&expected));
        let part = Part::new("lf", ":").value("x", "a\nb");
        assert!(layout(&nonce(), 0, &part).unwrap_err().to_string().contains("line feed"));
    }

    #[test]
    fn lines_of_input_and_a_secret_come_to_the_script_as_they_are() {
        let lines: Vec<String> = (0..20_000).map(|n| format!("id {n} $(id) \\ ")).collect();
        let mut part = Part::new("in", "printf '<%s>' \"$a\"; cat | cksum; printf '%s' \"$fleet_secret\" | cksum")
            .value("a", "1 ");
        part.input = lines.clone();
        part.secret = Some(crate::model::Secret::new(r#"p'"$\ x "#.into()));
        let sum = |text: &str| {
            let mut child = Command::new("cksum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
        };
        let expected = format!("<1 >{}{}", sum(&(lines.join("\n") + "\n")), sum(r#"p'"$\ x "#));
        let out = run(std::slice::from_ref(&part));
        assert!(out.contains(&expected), "{out}");
        assert!(!format!("{part:?}").contains(r#"p'"#));
    }

    #[test]
    fn nothing_runs_where_the_first_lines_were_eaten() {
        let mut child = Command::new("/bin/sh").arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let text = layout(&nonce(), 0, &Part::new("a", "echo ran")).unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        assert!(!out.contains("ran") && !out.contains(" B "), "{out}");
    }

    #[test]
    fn a_receiver_reads_back_what_was_laid_out_in_pieces_of_any_size() {
        let mut part = Part::new("mail.queue", "echo 1\necho 2\n").value("since", "86400");
        part.args = vec!["x y".into()];
        let text = preamble(&nonce())
            + &layout(&nonce(), 4, &part).unwrap()
            + &layout(&nonce(), 5, &Part::new("z", ":")).unwrap();
        for size in [1, 7, 4096] {
            let mut receiver = Receiver::default();
            let got: Vec<Received> = text.as_bytes().chunks(size).flat_map(|c| receiver.feed(c)).collect();
            assert_eq!(got.len(), 2, "pieces of {size}");
            assert_eq!((got[0].n, got[0].name.as_str(), got[0].script.as_str()), (4, "mail.queue", "echo 1\necho 2"));
            assert_eq!(got[0].data, ["86400", "x y"]);
            assert_eq!((got[1].n, got[1].data.len()), (5, 0));
        }
    }
}
