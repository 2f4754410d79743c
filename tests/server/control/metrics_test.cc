#include "server/control/metrics.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "server/base/control_limits.h"

namespace sluice::control {
namespace {

bool Has(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

Observation WithOneRead(uint64_t nanos) {
  Observation seen;
  CommandObservation& read = seen.commands[static_cast<size_t>(proto::Command::kRead)];
  ++read.latency.counts[base::histogram::BucketOf(nanos)];
  read.latency.count = 1;
  read.latency.sum_nanos = nanos;
  return seen;
}

TEST(MetricsTest, ALatencyIsInItsBucketAndAllAbove) {
  const std::string text = MetricsText(WithOneRead(10'000));
  const std::string bucket = "sluice_request_duration_seconds_bucket{command=\"read\",le=";
  EXPECT_TRUE(Has(text, bucket + "\"8.192000000000001e-06\"} 0")) << text;
  EXPECT_TRUE(Has(text, bucket + "\"1.6384e-05\"} 1")) << text;
  EXPECT_TRUE(Has(text, bucket + "\"+Inf\"} 1"));
  EXPECT_TRUE(Has(text, "sluice_request_duration_seconds_count{command=\"read\"} 1"));
  EXPECT_TRUE(Has(text, "sluice_request_duration_seconds_sum{command=\"read\"} 1e-05"));
}

TEST(MetricsTest, WhatTookTooLongIsInTheLastBucketOnly) {
  const std::string text = MetricsText(WithOneRead(uint64_t{1} << 40));
  EXPECT_NE(text.find("le=\"17.179869184\"} 0\n"), std::string::npos);
  EXPECT_NE(text.find("le=\"+Inf\"} 1\n"), std::string::npos);
}

TEST(MetricsTest, CommandsThatNobodySentAreLeftOut) {
  EXPECT_EQ(MetricsText(WithOneRead(1)).find("command=\"write\""), std::string::npos);
}

TEST(MetricsTest, BatchesAreBoundedByTheirLargest) {
  Observation seen;
  seen.loops.resize(1);
  seen.loops[0].batches[1] = 5;  // one job each
  seen.loops[0].batches[3] = 2;  // 4 to 7 jobs
  seen.loops[0].crypto_jobs = 16;
  const std::string text = MetricsText(seen);
  const std::string bucket = "sluice_crypto_batch_jobs_bucket{loop=\"0\",le=";
  EXPECT_TRUE(Has(text, bucket + "\"1\"} 5")) << text;
  EXPECT_TRUE(Has(text, bucket + "\"3\"} 5"));
  EXPECT_TRUE(Has(text, bucket + "\"7\"} 7"));
  EXPECT_TRUE(Has(text, "sluice_crypto_batch_jobs_sum{loop=\"0\"} 16"));
}

TEST(MetricsTest, ShareNamesAreEscaped) {
  Observation seen;
  seen.shares["a\"b\\c"].bytes_read = 7;
  EXPECT_TRUE(Has(MetricsText(seen), "sluice_share_read_bytes_total{share=\"a\\\"b\\\\c\"} 7"));
}

TEST(MetricsTest, RefusalsAreCountedByKind) {
  Observation seen;
  seen.refusals = {{"limit", 3}, {"access", 0}};
  const std::string text = MetricsText(seen);
  EXPECT_TRUE(Has(text, "sluice_refusals_total{kind=\"limit\"} 3")) << text;
  EXPECT_TRUE(Has(text, "sluice_refusals_total{kind=\"access\"} 0"));
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int ConnectTo(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

// One that the kernel has just given and that nobody has.
uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

TEST(MetricsTest, IdleConnectionsDoNotKeepAScrapeWaiting) {
  const uint16_t port = FreePort();
  const auto endpoint =
      MetricsEndpoint::Start("127.0.0.1:" + std::to_string(port), [] { return Observation(); });
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  std::vector<int> idle;
  for (size_t i = 0; i < limits::kMetricsWorkers + 8; ++i) {
    idle.push_back(ConnectTo(port));
    // Some have begun a request.
    if (i % 2 == 0) (void)!send(idle.back(), "GET /me", 7, MSG_NOSIGNAL);
  }
  const int fd = ConnectTo(port);
  const timeval patience = {.tv_sec = 8, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  char answer[12] = {};
  ssize_t got = 0;
  while ((got = recv(fd, answer, sizeof(answer), MSG_WAITALL)) < 0 && errno == EINTR) {
  }
  EXPECT_EQ(got, 12) << strerror(errno);
  EXPECT_EQ(std::string(answer, sizeof(answer)), "HTTP/1.1 200");
  for (const int each : idle) close(each);
  close(fd);
}

TEST(MetricsTest, AnAddressThatCannotBeServedIsNamed) {
  const auto endpoint = MetricsEndpoint::Start("192.0.2.1:1", [] { return Observation(); });
  ASSERT_FALSE(endpoint.ok());
  EXPECT_EQ(
      std::string(endpoint.status().message()),
      "cannot listen on 192.0.2.1:1 for metrics: the address is in use or not this machine's");
}

}  // namespace
}  // namespace sluice::control
