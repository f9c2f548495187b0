//! The door for Node.
