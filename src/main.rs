//! The program: reads its arguments, chooses a face.

fn main() {}
