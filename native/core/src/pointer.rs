//! The path from a document's root to a value, as a list on the stack, and its JSON pointer (RFC 6901).
//!
//! Twin of `src/json/pointer.ts`.

/// Longest key in a pointer, in code points: bounds the size of issues.
const MAX_KEY_CODE_POINTS: usize = 128;

/// One step down.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// Into the member of that key.
    Key(&'a str),
    /// Into the item of that index.
    Index(usize),
}

/// The position of a walk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path<'a> {
    parent: Option<(&'a Path<'a>, Step<'a>)>,
}

impl<'a> Path<'a> {
    /// The root of the document.
    pub const ROOT: Path<'static> = Path { parent: None };

    /// The member of that key.
    pub const fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some((self, Step::Key(key))) }
    }

    /// The item of that index.
    pub const fn index(&'a self, index: usize) -> Self {
        Self { parent: Some((self, Step::Index(index))) }
    }

    /// The pointer: each key is cut at 128 code points, then escaped.
    pub fn pointer(&self) -> String {
        self.last(usize::MAX)
    }

    /// The pointer's last `steps` steps.
    pub fn last(&self, steps: usize) -> String {
        let mut path = Vec::new();
        let mut next = self;
        while let Some((parent, step)) = next.parent {
            if path.len() == steps {
                break;
            }
            path.push(step);
            next = parent;
        }
        let mut pointer = String::new();
        for step in path.into_iter().rev() {
            push_step(&mut pointer, step);
        }
        pointer
    }
}

/// Appends one step to a pointer.
pub fn push_step(pointer: &mut String, step: Step<'_>) {
    pointer.push('/');
    match step {
        Step::Index(index) => pointer.push_str(&index.to_string()),
        Step::Key(key) => {
            for point in key.chars().take(MAX_KEY_CODE_POINTS) {
                match point {
                    '~' => pointer.push_str("~0"),
                    '/' => pointer.push_str("~1"),
                    _ => pointer.push(point),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_pointer_is_escaped_after_its_keys_are_cut() {
        let long = "~".repeat(129);
        let root = Path::ROOT;
        let items = root.key("a/b");
        let third = items.index(2);
        let last = third.key(&long);
        assert_eq!(root.pointer(), "");
        assert_eq!(third.pointer(), "/a~1b/2");
        assert_eq!(last.pointer(), format!("/a~1b/2/{}", "~0".repeat(128)));
        assert_eq!(third.last(1), "/2");
    }
}
