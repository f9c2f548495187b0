//! The way from a document's root to a value, as a list on the stack, and its JSON pointer (RFC 6901).
//!
//! Twin of `src/json/pointer.ts`.

/// Longest key in a pointer, in code points: issues stay small whatever the payload's keys are.
const MAX_KEY_CODE_POINTS: usize = 128;

/// One step down.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// Into the member of that key.
    Key(&'a str),
    /// Into the item of that number.
    Index(usize),
}

/// Where a walk stands. The root has no step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path<'a> {
    up: Option<(&'a Path<'a>, Step<'a>)>,
}

impl<'a> Path<'a> {
    /// The root of the document.
    pub const ROOT: Path<'static> = Path { up: None };

    /// One member further down.
    #[must_use]
    pub const fn key(&'a self, key: &'a str) -> Self {
        Self { up: Some((self, Step::Key(key))) }
    }

    /// One item further down.
    #[must_use]
    pub const fn index(&'a self, index: usize) -> Self {
        Self { up: Some((self, Step::Index(index))) }
    }

    /// The pointer: each key is cut at 128 code points, then escaped.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.last(usize::MAX)
    }

    /// The pointer's last `steps` steps.
    #[must_use]
    pub fn last(&self, steps: usize) -> String {
        let mut way = Vec::new();
        let mut here = self;
        while let Some((up, step)) = here.up {
            if way.len() == steps {
                break;
            }
            way.push(step);
            here = up;
        }
        let mut pointer = String::new();
        for step in way.into_iter().rev() {
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
