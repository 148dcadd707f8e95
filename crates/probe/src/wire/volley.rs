//! Arms N requests, lets go of their last bytes together, and collects what comes back.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use tokio::task::JoinHandle;

use super::{
    Delivery, Wire,
    gate::Gate,
    h1::Connection,
    h2,
    reply::{Answer, Call, Lost, Reply},
};

/// What became of the requests of a race, in the order of the calls.
#[derive(Debug)]
pub struct Volley {
    /// One each.
    pub replies: Vec<Reply>,
    /// Some answer came before its request was whole, so nothing was raced.
    pub is_early: bool,
}

impl Volley {
    /// From the first release to the last, beyond the offsets that were asked for.
    pub fn spread(&self) -> Duration {
        let calls = || self.replies.iter().map(|reply| reply.call_ns);
        let spread = calls().max().unwrap_or(0) - calls().min().unwrap_or(0);
        Duration::from_nanos(spread)
    }
}

/// Something held back, and when it goes.
struct Release<'a> {
    gate: &'a Gate,
    offset: Duration,
}

type Pending = JoinHandle<Result<Answer, Lost>>;

impl Wire {
    /// Releases the calls together; an answer is a reply, and so is none.
    ///
    /// # Errors
    /// When the requests could not even be armed: then nothing was released.
    pub async fn race(&self, calls: &[Call], delivery: Delivery) -> Result<Volley, Lost> {
        match delivery {
            Delivery::OneByOne => {
                self.count_release();
                let mut replies = Vec::new();
                for call in calls {
                    replies.push(self.send(call).await);
                }
                Ok(Volley { replies, is_early: false })
            }
            Delivery::Cold => Ok(self.cold(calls).await),
            Delivery::LastByte => self.last_byte(calls).await,
            Delivery::SingleWrite => self.streams(calls, 1).await,
            Delivery::Streams(count) => self.streams(calls, usize::from(count)).await,
        }
    }

    fn count_release(&self) {
        self.releases.fetch_add(1, Ordering::AcqRel);
    }

    async fn cold(&self, calls: &[Call]) -> Volley {
        self.count_release();
        let running: Vec<(u64, Pending)> = calls
            .iter()
            .map(|call| {
                let (call, clock) = (call.clone(), self.clock);
                let way = self.ways[call.target].clone();
                let call_ns = clock.now_ns();
                let sent = tokio::spawn(async move {
                    tokio::time::sleep(call.offset).await;
                    let mut connection = Connection::open(&way).await?;
                    connection.write(&connection.wire(&call)).await?;
                    connection.read(clock).await
                });
                (call_ns, sent)
            })
            .collect();
        self.collect(running).await
    }

    async fn last_byte(&self, calls: &[Call]) -> Result<Volley, Lost> {
        let mut connections = Vec::new();
        let mut lasts = Vec::new();
        for call in calls {
            let mut connection = self.connection(call.target).await?;
            let mut bytes = connection.wire(call);
            lasts.extend(bytes.pop());
            connection.write(&bytes).await?;
            connections.push(connection);
        }
        tokio::time::sleep(self.limits.settle).await;
        for (connection, last) in connections.iter_mut().zip(lasts) {
            connection.gate.cork();
            connection.write(&[last]).await?;
        }
        let is_early = connections.iter_mut().any(|connection| !connection.is_quiet());
        let releases = connections
            .iter()
            .zip(calls)
            .map(|(connection, call)| Release { gate: &connection.gate, offset: call.offset });
        let released = self.release(&releases.collect::<Vec<_>>());
        let clock = self.clock;
        let running = connections.into_iter().zip(released).map(|(mut connection, call_ns)| {
            let reading = tokio::spawn(async move {
                let answer = connection.read(clock).await;
                answer.map(|answer| (answer, connection))
            });
            (call_ns, reading)
        });
        let mut replies = Vec::new();
        for ((call_ns, reading), call) in running.collect::<Vec<_>>().into_iter().zip(calls) {
            let read = self.wait(reading).await.map(|(answer, connection)| {
                self.put_back(call.target, connection, &answer.response);
                answer
            });
            replies.push(Reply::of(call_ns, read));
        }
        Ok(Volley { replies, is_early })
    }

    /// Every process gets so many connections; its requests are dealt among them.
    async fn streams(&self, calls: &[Call], count: usize) -> Result<Volley, Lost> {
        let mut dealt: Vec<(usize, Option<h2::Connection>, Vec<usize>)> = Vec::new();
        for target in 0..self.targets() {
            let here: Vec<usize> =
                (0..calls.len()).filter(|n| calls[*n].target == target).collect();
            // An offset needs a connection of its own: one connection is released at one time.
            let mut offsets: Vec<Duration> = here.iter().map(|n| calls[*n].offset).collect();
            offsets.sort_unstable();
            offsets.dedup();
            for offset in offsets {
                let these: Vec<usize> =
                    here.iter().copied().filter(|n| calls[*n].offset == offset).collect();
                for part in 0..count.min(these.len()) {
                    let part = these.iter().copied().skip(part).step_by(count).collect();
                    dealt.push((target, None, part));
                }
            }
        }
        let mut armed: Vec<Option<h2::Armed>> = calls.iter().map(|_| None).collect();
        let mut n = 0;
        while n < dealt.len() {
            let target = dealt[n].0;
            let mut connection = h2::Connection::open(&self.ways[target]).await?;
            let most = connection.streams_max().max(1);
            if dealt[n].2.len() > most {
                let rest = dealt[n].2.split_off(most);
                dealt.push((target, None, rest));
            }
            for call in &dealt[n].2 {
                armed[*call] = Some(connection.arm(&calls[*call], self.clock).await?);
            }
            dealt[n].1 = Some(connection);
            n += 1;
        }
        tokio::time::sleep(self.limits.settle).await;
        let mut coming: Vec<Option<h2::Coming>> = calls.iter().map(|_| None).collect();
        for (_, connection, part) in &dealt {
            let Some(connection) = connection else { continue };
            let these = part.iter().filter_map(|n| armed[*n].take()).collect();
            // A stream that has ended by now was answered before its request was whole.
            let Ok(loaded) = connection.load(these).await else {
                return Ok(Volley { replies: Vec::new(), is_early: true });
            };
            for (n, answer) in part.iter().zip(loaded) {
                coming[*n] = Some(answer);
            }
        }
        let opened: Vec<(&h2::Connection, &Vec<usize>)> =
            dealt.iter().filter_map(|(_, one, part)| Some((one.as_ref()?, part))).collect();
        let releases = opened.iter().map(|(connection, part)| Release {
            gate: &connection.gate,
            offset: part.first().map_or(Duration::ZERO, |n| calls[*n].offset),
        });
        let released = self.release(&releases.collect::<Vec<_>>());
        let mut running = Vec::new();
        for (n, answer) in coming.into_iter().enumerate() {
            let Some(answer) = answer else { continue };
            let at = opened.iter().position(|(_, part)| part.contains(&n));
            running.push((at.map_or(0, |at| released[at]), answer));
        }
        let volley = self.collect(running).await;
        drop(dealt);
        Ok(volley)
    }

    /// Lets go, each at its offset, from this one thread. When: just before, so that no effect is earlier.
    fn release(&self, releases: &[Release<'_>]) -> Vec<u64> {
        let mut order: Vec<usize> = (0..releases.len()).collect();
        order.sort_by_key(|n| releases[*n].offset);
        let mut times = vec![0; releases.len()];
        self.count_release();
        let start = Instant::now();
        for n in order {
            let Release { gate, offset } = &releases[n];
            wait_until(start + *offset);
            times[n] = self.clock.now_ns();
            // A connection that is gone by now shows it when its answer is read.
            let _ = gate.release();
        }
        times
    }

    async fn collect(&self, running: Vec<(u64, Pending)>) -> Volley {
        let mut replies = Vec::new();
        for (call_ns, answer) in running {
            replies.push(Reply::of(call_ns, self.wait(answer).await));
        }
        let is_early =
            replies.iter().any(|reply| reply.first_ns.is_some_and(|first| first < reply.call_ns));
        Volley { replies, is_early }
    }

    async fn wait<T>(&self, running: JoinHandle<Result<T, Lost>>) -> Result<T, Lost> {
        let stop = running.abort_handle();
        match tokio::time::timeout(self.limits.answer_wait, running).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Lost::HungUp),
            Err(_) => {
                stop.abort();
                Err(Lost::Late)
            }
        }
    }
}

/// Sleeps as long as sleeping is exact enough, then spins.
fn wait_until(moment: Instant) {
    const SLEEP_LATE: Duration = Duration::from_micros(200);
    let left = moment.saturating_duration_since(Instant::now());
    if left > SLEEP_LATE {
        std::thread::sleep(left - SLEEP_LATE);
    }
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
}
