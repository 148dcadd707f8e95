# Everything a newcomer needs: `make demo` to look, `make test` to prove, `make bench` to measure.

.PHONY: demo test probe lint tools bench

# The product with a demo firm; prints the address, a token and what to try.
demo:
	cargo run --release --bin amanah -- serve --demo

# Everything that must hold. Installs what it needs and says so.
test: tools lint
	cargo test --workspace --all-features --no-fail-fast
	deploy/prometheus/test.py
	tests/schemathesis.sh
	tests/probe.sh

# The races that lose money, fired at this workspace's server; a report in target/probe/. A few minutes.
probe: tools
	tests/probe.sh

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo clippy -p app --all-features --all-targets -- --deny warnings

# Debian packages that the tests use as real counterparts.
tools:
	@command -v ab >/dev/null || { \
		echo "installing apache2-utils (ab, an HTTP load generator)"; \
		apt-get update -qq && apt-get install -y -qq apache2-utils; }
	@command -v promtool >/dev/null || { \
		echo "installing prometheus (promtool, which tests the alert rules; its service is masked)"; \
		mkdir -p /etc/systemd/system && ln -sf /dev/null /etc/systemd/system/prometheus.service && \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus; }
	@ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || { \
		echo "installing libfaketime (clocks that turn the year under the server)"; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends libfaketime; }
	@ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | cut -d/ -f5 | grep -qE '^(1[5-9]|[2-9][0-9])$$' || { \
		echo "installing postgresql (the server, 15 or newer; no cluster of it is made or started)"; \
		apt-get update -qq && apt-get install -y -qq postgresql-common && \
		sed -i 's/^#* *create_main_cluster.*/create_main_cluster = false/' \
			/etc/postgresql-common/createcluster.conf && \
		apt-get install -y -qq postgresql; }

# Every figure is a ratio measured side by side in one run. It takes a while.
bench: tools
	cargo build --release --bin amanah --bin throwaway
	target/release/throwaway -- target/release/amanah bench --json target/bench.json
