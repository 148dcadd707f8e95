//! Where a stream is cut: counted to the byte, and known before the byte is passed on.

/// Which of a connection's two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    ToServer,
    ToClient,
}

/// After how many bytes a connection is reset.
///
/// The bytes are counted from [`arm`](super::Proxy::arm) on, or from right behind a trigger, on each
/// connection for itself. As soon as the last of them is passed on, both ends are reset; where it is 0
/// bytes from now, as soon as the next one would be. The first connection that comes so far is cut, and
/// no other one.
///
/// A commit over the simple protocol is `Q`, four bytes of length, `COMMIT`, a zero byte:
///
/// * `Cut::to_server(0).once_sent(b"COMMIT")`: the zero byte is missing, the server commits nothing;
/// * `Cut::to_server(1).once_sent(b"COMMIT")`: the server has all of it and commits, or finds the
///   connection lost first;
/// * `Cut::to_client(0).once_sent(b"COMMIT")`: the server has answered, so it has committed, and the
///   client hears nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "it cuts nothing until a proxy is armed with it"]
pub struct Cut {
    counted: Way,
    bytes: usize,
    trigger: Option<(Way, Vec<u8>)>,
}

impl Cut {
    /// This many more bytes reach the server.
    pub fn to_server(bytes: usize) -> Self {
        Self { counted: Way::ToServer, bytes, trigger: None }
    }

    /// This many more bytes reach the client.
    pub fn to_client(bytes: usize) -> Self {
        Self { counted: Way::ToClient, bytes, trigger: None }
    }

    /// Counts from behind these bytes in what the client sends.
    pub fn once_sent(self, trigger: &[u8]) -> Self {
        self.once(Way::ToServer, trigger)
    }

    /// Counts from behind these bytes in what the server answers.
    pub fn once_answered(self, trigger: &[u8]) -> Self {
        self.once(Way::ToClient, trigger)
    }

    fn once(mut self, way: Way, trigger: &[u8]) -> Self {
        assert!(!trigger.is_empty(), "a trigger has bytes");
        self.trigger = Some((way, trigger.to_vec()));
        self
    }
}

/// The cut that a proxy is armed with.
#[derive(Debug, Default)]
pub(super) struct Armed {
    /// How often it was armed: tells a meter that its counts are old.
    pub times: u64,
    pub cut: Option<Cut>,
}

/// How far one connection has come towards the cut.
#[derive(Debug, Default)]
pub(super) struct Meter {
    times: u64,
    counting: bool,
    passed: usize,
    /// The end of what was seen, one byte shorter than the trigger: it may be sent in two parts.
    tail: Vec<u8>,
}

/// What becomes of a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pass {
    /// How many of its bytes go on.
    pub bytes: usize,
    /// Whether the connection is then reset.
    pub cut: bool,
}

impl Meter {
    /// Counts a chunk before it goes on. A cut is taken from `armed` by the connection that it befalls.
    pub fn pass(&mut self, armed: &mut Armed, way: Way, chunk: &[u8]) -> Pass {
        let all = Pass { bytes: chunk.len(), cut: false };
        let Some(cut) = &armed.cut else { return all };
        if self.times != armed.times {
            *self = Self { times: armed.times, counting: cut.trigger.is_none(), ..Self::default() };
        }
        let mut counted_from = 0;
        if !self.counting {
            match &cut.trigger {
                Some((seen_on, trigger)) if *seen_on == way => match self.behind(trigger, chunk) {
                    Some(behind) => counted_from = behind,
                    None => return all,
                },
                _ => return all,
            }
            self.counting = true;
        }
        if way != cut.counted {
            return all;
        }
        let left = cut.bytes - self.passed;
        let countable = chunk.len() - counted_from;
        if countable < left {
            self.passed += countable;
            return all;
        }
        armed.cut = None;
        Pass { bytes: counted_from + left, cut: true }
    }

    /// Where in the chunk the byte behind the trigger is.
    fn behind(&mut self, trigger: &[u8], chunk: &[u8]) -> Option<usize> {
        let before = self.tail.len();
        self.tail.extend_from_slice(chunk);
        let found = self.tail.windows(trigger.len()).position(|window| window == trigger);
        let keep = self.tail.len().min(trigger.len() - 1);
        self.tail.drain(..self.tail.len() - keep);
        found.map(|at| at + trigger.len() - before)
    }
}

#[cfg(test)]
mod tests {
    use super::{Armed, Cut, Meter, Way};

    /// Passes chunks (`>` to the server, `<` to the client) and shows what came through until the cut.
    fn check(cut: &Cut, chunks: &[&str], through: &[&str]) {
        let mut armed = Armed { times: 1, cut: Some(cut.clone()) };
        let mut meter = Meter::default();
        let mut came = Vec::new();
        for chunk in chunks {
            let (way, bytes) = chunk.split_at(1);
            let way = if way == ">" { Way::ToServer } else { Way::ToClient };
            let pass = meter.pass(&mut armed, way, bytes.as_bytes());
            came.push(&chunk[..1 + pass.bytes]);
            if pass.cut {
                assert_eq!(armed.cut, None, "it cuts once");
                came.push("cut");
                break;
            }
        }
        assert_eq!(came, through, "{cut:?}");
    }

    #[test]
    fn a_cut_comes_right_after_its_last_byte() {
        check(&Cut::to_server(0), &["<x", ">ab"], &["<x", ">", "cut"]);
        check(&Cut::to_server(1), &[">ab"], &[">a", "cut"]);
        check(&Cut::to_server(2), &[">ab", ">c"], &[">ab", "cut"]);
        check(&Cut::to_server(3), &[">ab", "<xyz", ">cd"], &[">ab", "<xyz", ">c", "cut"]);
        check(&Cut::to_server(9), &[">ab", ">cd"], &[">ab", ">cd"]);
        check(&Cut::to_client(1), &[">ab", "<xy"], &[">ab", "<x", "cut"]);
    }

    #[test]
    fn a_trigger_is_passed_and_counted_from_behind() {
        let sent = |cut: Cut| cut.once_sent(b"XYZ");
        check(&sent(Cut::to_server(0)), &[">abXYZcd"], &[">abXYZ", "cut"]);
        check(&sent(Cut::to_server(1)), &[">abXYZcd"], &[">abXYZc", "cut"]);
        check(&sent(Cut::to_server(1)), &[">abXYZ", ">cd"], &[">abXYZ", ">c", "cut"]);
        check(&sent(Cut::to_server(1)), &["<XYZ", ">cd"], &["<XYZ", ">cd"]);
        check(&sent(Cut::to_client(0)), &["<a", ">XYZ", "<b"], &["<a", ">XYZ", "<", "cut"]);
        check(&sent(Cut::to_client(1)), &[">XYZ", "<bc"], &[">XYZ", "<b", "cut"]);
        let answered = Cut::to_client(1).once_answered(b"XYZ");
        check(&answered, &[">XYZ", "<aXYZbc"], &[">XYZ", "<aXYZb", "cut"]);
    }

    #[test]
    fn a_trigger_is_seen_across_chunks() {
        let cut = || Cut::to_server(1).once_sent(b"XYZ");
        check(&cut(), &[">X", ">Y", ">Zab"], &[">X", ">Y", ">Za", "cut"]);
        check(&cut(), &[">XX", "<YZ", ">YZ", ">ab"], &[">XX", "<YZ", ">YZ", ">a", "cut"]);
        check(&cut(), &[">aXY", ">XYZb"], &[">aXY", ">XYZb", "cut"]);
    }

    #[test]
    fn arming_again_counts_from_there() {
        let mut meter = Meter::default();
        let mut armed = Armed { times: 1, cut: Some(Cut::to_server(3)) };
        assert!(!meter.pass(&mut armed, Way::ToServer, b"ab").cut);
        armed = Armed { times: 2, cut: Some(Cut::to_server(3)) };
        assert!(!meter.pass(&mut armed, Way::ToServer, b"ab").cut);
        assert!(meter.pass(&mut armed, Way::ToServer, b"a").cut);
    }
}
