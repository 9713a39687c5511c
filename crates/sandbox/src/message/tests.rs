//! Messages come back as they were sent, and bytes that are no message are refused without harm.

use super::*;

/// A small generator; the same numbers every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn bytes(&mut self, longest: usize) -> Vec<u8> {
        let length = self.below(longest + 1);
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn path(&mut self) -> PathBuf {
        use std::os::unix::ffi::OsStringExt;
        OsString::from_vec(self.bytes(40)).into()
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> List<T> {
        let length = self.below(5);
        List((0..length).map(|_| item(self)).collect())
    }

    fn exec(&mut self) -> ExecRequest {
        ExecRequest {
            program: self.path(),
            args: self.list(|random| random.path().into()),
            env: self.list(|random| (random.path().into(), random.path().into())),
            cwd: self.path(),
            wall_us: self.next(),
            cpu_us: self.next(),
            memory_bytes: self.next(),
            processes: self.next() as u32,
            file_size_bytes: self.next(),
            open_files: self.next() as u32,
        }
    }

    fn plan(&mut self) -> Plan {
        Plan {
            uid: self.next() as u32,
            gid: self.next() as u32,
            mounts: self.list(|random| MountPlan {
                source: random.path(),
                target: random.path(),
                write: random.below(2) == 0,
            }),
            symlinks: self.list(|random| (random.path(), random.path())),
            files: self.list(|random| (random.path(), random.bytes(200))),
            denied: self.list(Random::path),
            protect_metadata: self.below(2) == 0,
            loopback: self.below(2) == 0,
            proxy_port: self.next() as u16,
            scratch_bytes: self.next(),
            memory_bytes: self.next(),
            processes: self.next() as u32,
            exec: (self.below(2) == 0).then(|| self.exec()),
        }
    }

    fn report(&mut self) -> Report {
        match self.below(4) {
            0 => Report::Ready,
            1 => Report::Started,
            2 => Report::Done(Done {
                end: End::ALL[self.below(End::ALL.len())],
                wait_status: self.next() as i32,
                wall_us: self.next(),
                cpu_us: self.next(),
                memory_peak_bytes: self.next(),
            }),
            _ => Report::Failed(Failure {
                cause: [
                    Cause::Path,
                    Cause::Policy,
                    Cause::Setup,
                    Cause::Exec,
                    Cause::Feature(Feature::Landlock),
                ][self.below(5)],
                subject: self.path(),
                errno: self.next() as i32,
            }),
        }
    }
}

#[test]
fn messages_come_back_as_they_were() {
    let mut random = Random(1);
    for _ in 0..500 {
        let (plan, report) = (random.plan(), random.report());
        let request = Request::Exec(random.exec());
        assert_eq!(decode::<Plan>(&encode(&plan)), Ok(plan));
        assert_eq!(decode::<Report>(&encode(&report)), Ok(report));
        assert_eq!(decode::<Request>(&encode(&request)), Ok(request));
    }
}

#[test]
fn a_message_cut_short_or_continued_is_refused() {
    let bytes = encode(&Random(7).plan());
    for end in 0..bytes.len() {
        assert!(decode::<Plan>(&bytes[..end]).is_err(), "{end}");
    }
    let continued = [bytes.as_slice(), b"x"].concat();
    assert_eq!(decode::<Plan>(&continued), Err(DecodeError::Long));
}

#[test]
fn changed_and_random_bytes_do_no_harm() {
    let mut random = Random(3);
    let bytes = encode(&random.plan());
    for _ in 0..20_000 {
        let mut changed = bytes.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(changed.len());
            changed[at] = random.next() as u8;
        }
        // Either answer is fine; a crash, or memory on the word of the sender, is not.
        let _ = decode::<Plan>(&changed);
        let noise = random.bytes(64);
        let _ = decode::<Plan>(&noise);
        let _ = decode::<Request>(&noise);
        let _ = decode::<Report>(&noise);
    }
    let long_list = [0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255];
    assert_eq!(decode::<Plan>(&long_list), Err(DecodeError::Short));
}

#[test]
fn descriptors_travel_with_their_message() {
    use std::os::fd::AsFd;
    let (ours, theirs) = UnixStream::pair().expect("a socket pair");
    let null = std::fs::File::open("/dev/null").expect("there is a null device");
    send(&ours, &Report::Ready, &[null.as_fd(), null.as_fd()]).expect("sent");
    send(&ours, &Report::Started, &[]).expect("sent");
    let (first, descriptors) = receive::<Report>(&theirs).expect("read").expect("there");
    assert_eq!((first, descriptors.len()), (Report::Ready, 2));
    let (second, descriptors) = receive::<Report>(&theirs).expect("read").expect("there");
    assert_eq!((second, descriptors.len()), (Report::Started, 0));
    drop(ours);
    assert!(receive::<Report>(&theirs).expect("read").is_none());
}
