//! Prints a tree as an expression for the `regex` crate: only code points, groups, quantifiers and text boundaries.

use std::fmt::Write;

use super::parse::Node;

pub fn print(node: &Node) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_node(&mut text, node);
    text
}

fn write_node(text: &mut String, node: &Node) -> std::fmt::Result {
    match node {
        Node::Class(ranges) => write_class(text, ranges),
        Node::Concat(parts) => parts.iter().try_for_each(|part| match part {
            Node::Alternation(_) => write_group(text, part),
            _ => write_node(text, part),
        }),
        Node::Alternation(branches) => {
            for (index, branch) in branches.iter().enumerate() {
                if index > 0 {
                    text.push('|');
                }
                write_node(text, branch)?;
            }
            Ok(())
        }
        Node::Repeat { node, min, max } => {
            match **node {
                Node::Class(_) => write_node(text, node)?,
                _ => write_group(text, node)?,
            }
            match max {
                None => write!(text, "{{{min},}}"),
                Some(max) => write!(text, "{{{min},{max}}}"),
            }
        }
        Node::Start => text.write_str("\\A"),
        Node::End => text.write_str("\\z"),
    }
}

fn write_group(text: &mut String, node: &Node) -> std::fmt::Result {
    text.push_str("(?:");
    write_node(text, node)?;
    text.push(')');
    Ok(())
}

fn write_class(text: &mut String, ranges: &[(u32, u32)]) -> std::fmt::Result {
    let from = text.len();
    text.push('[');
    for &(low, high) in ranges {
        // A Rust string has no surrogates, and the crate's syntax cannot name them.
        for (low, high) in [(low, high.min(0xd7ff)), (low.max(0xe000), high)] {
            if low <= high {
                write!(text, "\\x{{{low:x}}}-\\x{{{high:x}}}")?;
            }
        }
    }
    if text.len() == from + 1 {
        // A class that matches nothing.
        text.push_str("a&&b");
    }
    text.push(']');
    Ok(())
}
