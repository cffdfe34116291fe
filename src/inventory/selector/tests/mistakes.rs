//! What a person is told who typed no selector, or a name that nobody has.

use super::error;
use insta::assert_snapshot;

#[test]
fn a_name_that_nobody_has_is_told_with_its_neighbours() {
    assert_snapshot!(error("tag:plsk&!tag:frozen"), @"
    (3) --hosts: nothing matches `tag:plsk`
      --hosts tag:plsk&!tag:frozen
              ^^^^^^^^ no host has this tag; near: tag:plesk (4 hosts)
    nothing was contacted
    ");
    assert_snapshot!(error("tag:plesk & !tag:frozzen"), @"
    (3) --hosts: nothing matches `tag:frozzen`
      --hosts tag:plesk & !tag:frozzen
                           ^^^^^^^^^^^ no host has this tag; near: tag:frozen (2 hosts)
    nothing was contacted
    ");
    assert_snapshot!(error("mx05"), @"
    (3) --hosts: nothing matches `mx05`
      --hosts mx05
              ^^^^ no host has this name; near: mx01, mx02, mx03
    nothing was contacted
    ");
    assert_snapshot!(error("mx[01-09]"), @"
    (3) --hosts: nothing matches `mx[01-09]`
      --hosts mx[01-09]
              ^^^^^^^^^ not in the inventory: mx[05-09]
    nothing was contacted
    ");
    assert_snapshot!(error("web"), @"
    (3) --hosts: nothing matches `web`
      --hosts web
              ^^^ no host has this name; near: @web (2 hosts), web1.example.jp, web2.example.jp
    nothing was contacted
    ");
    assert_snapshot!(error("group:empty"), @"
    (3) --hosts: nothing matches `group:empty`
      --hosts group:empty
              ^^^^^^^^^^^ this group has no hosts; known: group:mail (4 hosts), group:web (2 hosts)
    nothing was contacted
    ");
    assert_snapshot!(error("customer:8"), @"
    (3) --hosts: nothing matches `customer:8`
      --hosts customer:8
              ^^^^^^^^^^ no host belongs to this customer; near: customer:7 (1 host)
    nothing was contacted
    ");
    assert_snapshot!(error("var:sise>1"), @"
    (3) --hosts: nothing matches `var:sise>1`
      --hosts var:sise>1
              ^^^^^^^^^^ no host has this variable; near: var:size (4 hosts)
    nothing was contacted
    ");
    assert_snapshot!(error("file:bad.txt"), @"
    (3) --hosts: nothing matches `file:bad.txt`
      --hosts file:bad.txt
              ^^^^^^^^^^^^ line 2: no host has the name `mx05`; near: mx01, mx02, mx03
    nothing was contacted
    ");
    assert_snapshot!(error("run:x/failed"), @"
    (3) --hosts: nothing matches `run:x/failed`
      --hosts run:x/failed
              ^^^^^^^^^^^^ no such run is recorded
    nothing was contacted
    ");
    assert_snapshot!(error("mx01 & @web"), @"
    (3) --hosts: nothing matches `mx01 & @web`
      --hosts mx01 & @web
              ^^^^^^^^^^^ 0 of 6 hosts
    nothing was contacted
    ");
}

#[test]
fn what_is_no_selector_is_marked() {
    let texts = [
        "",
        "  ",
        "web:db",
        "tga:plesk",
        "mx01 mx02",
        "mx01,",
        ",mx01",
        "(mx01",
        "mx01)",
        "()",
        "!!mx01",
        "mx01 | mx02",
        "tag:",
        "tag:\"plesk",
        "mx[20-01]",
        "mx[1",
        "a/b",
        "*",
        "[::1]",
        "2001:db8::1",
        "re:(",
        "ip:10.0.0.0/33",
        "last:faild",
        "run:7",
        "var:",
        "var:size>x",
        "var:note>1",
        "var:note",
        "var:size~5",
        "and",
        "mx01 and or",
        "file:no.txt",
        "日本:x",
    ];
    let told: Vec<String> = texts
        .iter()
        .map(|text| {
            let told = error(text);
            assert!(told.ends_with("nothing was contacted"), "{told}");
            assert!(!told.starts_with("(3)"), "{told}");
            told.trim_end_matches("\nnothing was contacted").to_owned()
        })
        .collect();
    assert_snapshot!(told.join("\n"), @r#"
    --hosts: the selector is empty
      --hosts 
              ^ write `all` for every host
    --hosts: the selector is empty
      --hosts   
              ^^ write `all` for every host
    --hosts: there is no key `web`
      --hosts web:db
              ^^^ Known: tag, group, host, customer, panel, mta, os, var, ip, re, file, last, run. `:` is not a union; that is `,`
    --hosts: there is no key `tga`
      --hosts tga:plesk
              ^^^ Near: tag
    --hosts: an operator is missing here
      --hosts mx01 mx02
                   ^^^^ write `,` for both, `&` for what is in both
    --hosts: something is missing after the operator
      --hosts mx01,
                   ^ a name, `key:value` or `(`
    --hosts: a selector is missing here
      --hosts ,mx01
              ^ a name, `key:value` or `(`
    --hosts: `(` without `)`
      --hosts (mx01
              ^
    --hosts: `)` without `(`
      --hosts mx01)
                  ^
    --hosts: a selector is missing here
      --hosts ()
               ^ a name, `key:value` or `(`
    --hosts: a selector is missing here
      --hosts !!mx01
               ^ a name, `key:value` or `(`
    --hosts: this operator is not known
      --hosts mx01 | mx02
                   ^ `,` or `or` is the union
    --hosts: `tag` needs a value
      --hosts tag:
                  ^ quote a value that contains spaces or operators
    --hosts: the closing quote is missing
      --hosts tag:"plesk
                  ^^^^^^
    --hosts: invalid range
      --hosts mx[20-01]
                 ^^^^^ the range is descending; write the smaller number first
    --hosts: invalid range
      --hosts mx[1
                ^^ `[` without `]`
    --hosts: not a valid host name
      --hosts a/b
              ^^^ a name has letters, digits, `.`, `_` and `-`, and does not begin with `-` or `.`
    --hosts: `*` alone is not accepted
      --hosts *
              ^ write `all` for every host
    --hosts: an address is not a name
      --hosts [::1]
              ^^^^^ write ip:[::1]
    --hosts: an address is not a name
      --hosts 2001:db8::1
              ^^^^^^^^^^^ write ip:2001:db8::1
    --hosts: invalid regular expression
      --hosts re:(
                 ^ unclosed group
    --hosts: this is not an address
      --hosts ip:10.0.0.0/33
                 ^^^^^^^^^^^ such as 10.0.0.1, 10.0.0.0/8, 2001:db8::/32
    --hosts: there is no such kind of result
      --hosts last:faild
                   ^^^^^ Near: failed
    --hosts: the kind of result is missing
      --hosts run:7
                  ^ such as run:2026-11-24.3/failed
    --hosts: `var` needs a name
      --hosts var:
                  ^ var:NAME, var:NAME=VALUE, var:NAME>5
    --hosts: this is not a number
      --hosts var:size>x
                       ^ `>` compares numbers
    --hosts: `note` must be a number here
      --hosts var:note>1
              ^^^^^^^^^^ on mx01 it is something else; compare it: var:note=VALUE
    --hosts: `note` must be true or false here
      --hosts var:note
              ^^^^^^^^ on mx01 it is something else; compare it: var:note=VALUE
    --hosts: this is not understood
      --hosts var:size~5
                      ^^ =, !=, <, <=, > or >= follow a name
    --hosts: a selector is missing here
      --hosts and
              ^^^ unexpected operator
    --hosts: something is missing after the operator
      --hosts mx01 and or
                       ^^ unexpected operator
    --hosts: the file cannot be read
      --hosts file:no.txt
              ^^^^^^^^^^^ permission denied
    --hosts: not a valid host name
      --hosts 日本:x
              ^^^^^^ a name has letters, digits, `.`, `_` and `-`, and does not begin with `-` or `.`
    "#);
    assert!(error(&"(".repeat(100_000)).contains("too many parentheses"));
}

#[test]
fn a_long_selector_is_cut_around_its_mistake() {
    let text = format!("{}mx99,{}mx01", "mx01,".repeat(100), "mx02,".repeat(100));
    let told = error(&text);
    assert!(told.lines().all(|line| line.chars().count() < 200), "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[1].find("mx99").map(|at| lines[1][..at].chars().count()), lines[2].find('^'));
}
