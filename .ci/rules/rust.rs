// What the rules of rust.yaml find (`ruleid:`) and leave (`ok:`), for `semgrep scan --test`. Never compiled.

fn unsafe_code() {
    // ruleid: unsafe-code
    unsafe { libc::umask(0) };
    // ok: unsafe-code
    let unsafe_integer = true;
}

fn starts_program() {
    // ruleid: starts-program
    let child = Command::new("ls").spawn();
    // ok: starts-program
    let command = Options::new("ls");
}

fn payload_in_log() {
    // ruleid: payload-in-log
    log.write(Line::new(REQUEST).text("body", body));
    // ruleid: payload-in-log
    log.write(Line::new(REQUEST).text("route", route).text("text", &String::from_utf8_lossy(payload)));
    // ruleid: payload-in-log
    log.write(Line::new(REQUEST).number("text", payload.escape_ascii()));
    // ok: payload-in-log
    log.write(Line::new(REQUEST).text("route", route).number("in_bytes", payload.len()));
}

fn wall_clock() {
    // ruleid: wall-clock
    let end = SystemTime::now() + TIMEOUT;
    // ok: wall-clock
    let end = Instant::now() + TIMEOUT;
}

fn unbounded_queue() {
    // ruleid: unbounded-queue
    let (sender, receiver) = mpsc::unbounded_channel();
    // ok: unbounded-queue
    let (sender, receiver) = mpsc::channel(64);
}

fn length_of_peer(length: usize) {
    // ruleid: length-of-peer
    let bytes = Vec::with_capacity(length);
    // ruleid: length-of-peer
    let zeros = vec![0u8; length];
    // ok: length-of-peer
    let head = Vec::with_capacity(MAX_HEAD_BYTES);
}

fn weaker_tls() {
    // ruleid: weaker-tls
    let client = config.dangerous();
    // ruleid: weaker-tls
    let server = builder.with_no_client_auth();
    // ok: weaker-tls
    let server = builder.with_client_cert_verifier(verifier);
}
