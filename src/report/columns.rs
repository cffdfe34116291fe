//! Text in columns, by the width that a terminal gives each character (Japanese: two cells).

use crate::model::untrusted::clean_line;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Between two columns.
const GAP: &str = "  ";
/// The last column is not cut below this many cells.
const LAST_MIN: usize = 10;

/// A header and rows as aligned lines, each ended by a line feed. Cells are sanitised; the last column is cut
/// so that a line fits into `width` cells (0: no limit).
pub fn columns(rows: &[Vec<String>], header: &[&str], width: usize) -> String {
    let head: Vec<String> = header.iter().map(|h| (*h).to_owned()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(&head)
        .chain(rows)
        .map(|row| row.iter().map(|cell| clean_line(cell, usize::MAX)).collect())
        .collect();
    let count = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |i: usize| lines.iter().filter_map(|l| l.get(i)).map(|c| c.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(widest).collect();
    let mut out = String::new();
    for line in &lines {
        let mut text = String::new();
        for (i, cell) in line.iter().enumerate() {
            if i + 1 < count {
                text.push_str(&pad(cell, widths.get(i).copied().unwrap_or(0)));
                text.push_str(GAP);
            } else if width == 0 {
                text.push_str(cell);
            } else {
                text.push_str(&cut(cell, width.saturating_sub(text.width()).max(LAST_MIN)));
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// `text` with blanks behind it up to `cells`.
pub fn pad(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(text.width())))
}

/// At most `cells` of `text`, with a mark where it was cut.
pub fn cut(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut left = cells.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let mut out: String = text.chars().take_while(fits).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn japanese_cells_keep_the_columns_straight() {
        let rows = [
            vec!["mx07".into(), "株式会社例".into(), "plesk".into()],
            vec!["web-101.example.jp".into(), "ab".into(), "\x1b[31mなし".into()],
            vec!["short".into()],
        ];
        insta::assert_snapshot!(columns(&rows, &["HOST", "顧客", "PANEL"], 0), @r"
        HOST                顧客        PANEL
        mx07                株式会社例  plesk
        web-101.example.jp  ab          \u{1b}[31mなし
        short
        ");
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let rows = [vec!["mx07".into(), "日本語の長い説明文です".into()]];
        insta::assert_snapshot!(columns(&rows, &["H", "S"], 20), @r"
        H     S
        mx07  日本語の長い…
        ");
        assert_eq!(columns(&[], &[], 10), "\n");
    }

    proptest! {
        #[test]
        fn cutting_never_exceeds_the_cells(text in any::<String>(), cells in 1usize..40) {
            let text = clean_line(&text, 200);
            prop_assert!(cut(&text, cells).width() <= cells.max(1));
        }
    }
}
