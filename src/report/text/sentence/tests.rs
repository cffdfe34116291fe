use super::*;
use std::collections::BTreeSet;

fn ja(text: &str) -> String {
    sentence(Lang::Ja, text).into_owned()
}

#[test]
fn english_readers_get_what_was_recorded() {
    assert!(matches!(sentence(Lang::En, "step queue failed"), Cow::Borrowed("step queue failed")));
}

#[test]
fn a_sentence_keeps_what_stands_in_its_holes() {
    assert_eq!(ja("step {1} failed"), "ステップ {1} が失敗しました");
    assert_eq!(
        ja("set a new password for a@x.jp and terminate its sessions"),
        "a@x.jp のパスワードを再設定し、セッションを切断"
    );
    assert_eq!(ja("2 of 3 failed; A1: it is being delivered"), "3件中2件が失敗しました; A1: 配送中です");
}

#[test]
fn unknown_text_stays_as_it_is() {
    for text in [
        "",
        "\n",
        " ",
        "550 5.7.1 blocked",
        "no such thing as this",
        "step  failed",
        "{0}",
        ": ; : ",
        "（株）",
        "mail to all hosts",
    ] {
        assert!(matches!(sentence(Lang::Ja, text), Cow::Borrowed(same) if same == text), "{text}: {}", ja(text));
    }
}

#[test]
fn sentences_in_holes_after_names_and_in_lists_are_japanese_too() {
    assert_eq!(
        ja("hold 812 messages of info@x.jp and 2 more (900 recipients)"),
        "info@x.jp ほか2件のメール812通を隔離(hold) (宛先900件)"
    );
    assert_eq!(
        ja("stale: `delete a@x.jp and its mail`: the state that it is based on has changed; plan again"),
        "計画が古くなっています: 「a@x.jp のアカウントをメールごと削除」の前提となる状態が変わっています。計画を作り直してください"
    );
    assert_eq!(
        ja("/etc/x: its folder does not exist; it is a folder"),
        "/etc/x: 親フォルダーがありません; フォルダーです"
    );
    assert_eq!(ja("mail queue: Permission denied"), "メールキュー: Permission denied");
    assert_eq!(ja("php mail log: 3 lines could not be read"), "PHPメールログ: 3行を読み取れませんでした");
    assert_eq!(ja("enable a@x.jp again (the sales team)"), "アカウントを有効化: a@x.jp (the sales team)");
}

#[test]
fn a_hole_does_not_take_in_the_next_sentence() {
    assert_eq!(
        ja("connection to 203.0.113.9:22 timed out after 10s; [2001:db8::1]:22: Connection refused"),
        "203.0.113.9:22 から10s以内に応答がありません; [2001:db8::1]:22: Connection refused"
    );
    assert_eq!(
        ja("note: 3 refused during planning, and skipped: fleet show 1"),
        "注意: 計画時に3台が「拒否」のため対象外です: fleet show 1"
    );
}

#[test]
fn lines_keep_their_indentation_and_the_blank_after_a_question() {
    assert_eq!(ja("no inventory\n  plan again\n"), "インベントリがありません\n  計画を作り直してください\n");
    assert_eq!(
        ja("page\nmx: 3 objects. Type yes to apply, anything else to cancel: "),
        "page\nmx: 変更対象3件。実行する場合は yes と入力してください (それ以外は中止): "
    );
}

#[test]
fn a_hostile_text_costs_little_and_stays() {
    for text in ["; ", ": ", " (", "a; b: ", "stale: ", "needs steps.", "{0}", "と"] {
        let long = text.repeat(LINE_MAX / text.len());
        let begun = std::time::Instant::now();
        let _ = ja(&long);
        assert!(begun.elapsed().as_secs() < 5, "{text}");
        let _ = ja(&text.repeat(100_000));
    }
}

#[test]
fn a_template_stands_once_with_the_same_holes_in_both_languages() {
    let mut seen = BTreeSet::new();
    for (room, table) in TABLES.iter().enumerate() {
        for (en, ja) in *table {
            let holes = |text: &str| -> BTreeSet<u8> {
                pieces(text).filter_map(|p| if let Piece::Hole(n) = p { Some(n) } else { None }).collect()
            };
            assert_eq!(holes(en), holes(ja), "{en}");
            assert!(!en.contains('\n') && en.trim() == *en, "{en}");
            assert!(seen.insert((en, room)), "twice in its table: {en}");
        }
    }
    assert!(TEMPLATES.iter().all(|t| t.literal > 1));
    let mut by_text: std::collections::BTreeMap<&str, &str> = std::collections::BTreeMap::new();
    for (en, ja) in TABLES.iter().copied().flatten() {
        assert_eq!(*by_text.entry(en).or_insert(ja), *ja, "two translations: {en}");
    }
}

#[test]
fn every_japanese_sentence_is_written_alike() {
    for (_, ja) in TABLES.iter().copied().flatten() {
        for word in ["サーバ", "ユーザ", "フォルダ", "パラメータ"] {
            assert_eq!(ja.matches(word).count(), ja.matches(&format!("{word}ー")).count(), "{ja}");
        }
        assert!(!ja.contains(['（', '）', '：', '！', '？']), "{ja}");
    }
}
