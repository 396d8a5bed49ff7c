//! Tables in Markdown, aligned, as they stand in docs/benchmarks.md.

pub(crate) fn print(title: &str, head: &[&str], rows: &[Vec<String>]) {
    let widths: Vec<_> = (0..head.len())
        .map(|column| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([head[column].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.iter().zip(&widths).enumerate().map(|(n, (cell, width))| {
            if n == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule: Vec<_> = widths
        .iter()
        .enumerate()
        .map(
            |(n, width)| {
                if n == 0 { "-".repeat(width + 2) } else { format!("{}:", "-".repeat(width + 1)) }
            },
        )
        .collect();

    println!("\n### {title}\n");
    println!("{}", line(head.to_vec()));
    println!("|{}|", rule.join("|"));
    for row in rows {
        println!("{}", line(row.iter().map(String::as_str).collect()));
    }
}
