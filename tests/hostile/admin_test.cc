// What is for administrators as a way in: members of control_group, peers that say nothing, full
// and dead disks, names that steer a terminal, signals, dumps.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

namespace files = std::filesystem;

using nlohmann::json;
using proto::NtStatus;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// ESC, C1's CSI, RIGHT-TO-LEFT OVERRIDE, LINE SEPARATOR, DEL and a line's end.
constexpr char kSteering[] = "e\x1b[31m\xC2\x9B\xE2\x80\xAE\xE2\x80\xA8\x7F\nx";

std::string ReadFile(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Whether a terminal, or who reads lines, would be led astray.
bool Steers(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<uint8_t>(text[i]);
    const absl::string_view rest = text.substr(i);
    if ((c < 0x20 && c != '\n') || c == 0x7F) return true;
    if (c == 0xC2 && rest.size() > 1 && static_cast<uint8_t>(rest[1]) < 0xA0) return true;
    for (const char* mark : {"\xE2\x80\xA8", "\xE2\x80\xAE", "\xE2\x81\xA6"}) {
      if (absl::StartsWith(rest, mark)) return true;
    }
  }
  return false;
}

bool SetTimeout(int fd, seconds timeout) {
  const timeval time = {timeout.count(), 0};
  return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)) == 0;
}

// A socket of this process that the gateway takes for the caller's: a child connects it.
int ConnectControl(const std::string& path, Account caller) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  char byte = 0;
  iovec data = {&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const pid_t child = fork();
  if (child == 0) {
    if (caller.uid != geteuid()) Become(caller);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) _exit(1);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    _exit(sendmsg(pair[0], &message, 0) == 1 ? 0 : 1);
  }
  close(pair[0]);
  int fd = -1;
  if (recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != nullptr) {
    std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
  }
  close(pair[1]);
  waitpid(child, nullptr, 0);
  return fd;
}

// A program on the control socket that sends what it likes.
class ControlPeer {
 public:
  ControlPeer(const std::string& path, Account caller) : fd_(ConnectControl(path, caller)) {
    SetTimeout(fd_, seconds(20));
  }
  ~ControlPeer() { close(fd_); }
  ControlPeer(const ControlPeer&) = delete;
  ControlPeer& operator=(const ControlPeer&) = delete;

  bool Send(absl::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // The answer to a line; null where there was none.
  json Ask(absl::string_view line) {
    if (!Send(absl::StrCat(line, "\n"))) return nullptr;
    std::string answer;
    for (char c = 0; recv(fd_, &c, 1, 0) == 1 && c != '\n';) answer += c;
    return json::parse(answer, nullptr, false);
  }
  json Do(const std::string& command, const json& params) {
    return Ask(json({{"command", command}, {"params", params}}).dump());
  }

 private:
  const int fd_;
};

// Mounted over a directory as long as it lives; for root.
class Mount {
 public:
  Mount(const std::string& path, const char* type, const std::string& options)
      : path_(path), ok_(mount(type, path.c_str(), type, 0, options.c_str()) == 0) {}
  ~Mount() {
    if (ok_) umount2(path_.c_str(), MNT_DETACH);
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  bool ok() const { return ok_; }

 private:
  const std::string path_;
  const bool ok_;
};

class HostileAdmin : public HostileTest {
 protected:
  std::string ServerLines() const override {
    return geteuid() == 0 ? absl::StrCat("control_group = \"", kGroup, "\"") : "";
  }
  std::string Sections() const override { return absl::StrCat("[log]\nfile = \"", log(), "\"\n"); }
  std::string log() const { return gateway_->directory() + "/sluiced.log"; }

  // Of control_group, and nothing else.
  static Account Member() { return {1, Nobody().gid}; }
  static Account Root() { return {geteuid(), getegid()}; }
  // Other uids, mounts.
  static bool AreTestsRoot() { return geteuid() == 0; }

  std::unique_ptr<ControlPeer> Peer(Account caller = Root()) {
    return std::make_unique<ControlPeer>(gateway_->control_socket(), caller);
  }
  bool HasShare(const std::string& name) {
    return absl::StrContains(gateway_->Ctl({"share", "list", "--json"}).out,
                             absl::StrCat("\"name\": \"", name, "\""));
  }
  NtStatus LogOn(absl::string_view user, absl::string_view password) {
    TestClient client(address());
    EXPECT_TRUE(client.Negotiate());
    const NtStatus status = client.LogOn(user, password);
    // A guest is somebody whose password was not looked at.
    return status == NtStatus::kOk && client.session_flags != 0 ? NtStatus::kLogonFailure : status;
  }

  static constexpr char kGroup[] = "nogroup";  // nobody's, so that nobody may set it
};

TEST_F(HostileAdmin, AMemberDoesNotMakeRootAUser) {
  if (!AreTestsRoot()) GTEST_SKIP() << "asks as another uid";
  ASSERT_EQ(
      gateway_->Ctl({"user", "add", "admin", "--unix-user", "root", "--password-stdin"}, "x").code,
      0);
  for (const char* account : {"root", "0", "00", "+0", " 0 "}) {
    const RealGateway::Answer answer = gateway_->CtlAs(
        Member(), {"user", "add", "eve", "--unix-user", account, "--password-stdin"}, "eve\n");
    EXPECT_EQ(answer.code, 1) << account << ": " << answer.out;
    EXPECT_TRUE(absl::StrContains(answer.out, "uid 0")) << answer.out;
  }
  for (const char* name : {"admin", "ADMIN"}) {
    for (const char* command : {"add", "passwd"}) {
      EXPECT_EQ(
          gateway_->CtlAs(Member(), {"user", command, name, "--password-stdin"}, "eve\n").code, 1)
          << command;
    }
    const std::string hash(32, 'A');
    EXPECT_EQ(gateway_
                  ->CtlAs(Member(), {"user", "import"},
                          absl::StrCat(name, ":0:", hash, ":", hash, ":[U          ]:LCT-0:\n"))
                  .code,
              1);
  }
  EXPECT_EQ(LogOn("admin", "x"), NtStatus::kOk);
  EXPECT_NE(LogOn("eve", "eve"), NtStatus::kOk);
  // Without an account that root has named, the name alone is none of root's.
  gateway_->CtlAs(Member(), {"user", "add", "root", "--password-stdin"}, "eve\n");
  if (const auto client = Client("disk", ClientOptions(), "root", "eve"); client != nullptr) {
    proto::FileId id;
    struct stat status {};
    EXPECT_TRUE(client->Create("mine", &id) != NtStatus::kOk ||
                (stat((disk() + "/mine").c_str(), &status) == 0 && status.st_uid != 0));
  }
  EXPECT_EQ(
      gateway_
          ->CtlAs(Member(), {"user", "add", "carol", "--unix-user", "games", "--password-stdin"},
                  "carol\n")
          .code,
      0);
  EXPECT_EQ(gateway_->CtlAs({1, 1}, {"status"}).code, 3) << "who is no member";
}

TEST_F(HostileAdmin, AMemberDoesNotServeTheSystem) {
  if (!AreTestsRoot()) GTEST_SKIP() << "asks as another uid";
  const std::string link = gateway_->directory() + "/link";
  files::create_directory_symlink("/", link);
  const std::string state = gateway_->directory() + "/state";
  for (const std::string& path :
       {std::string("/"), std::string("//"), std::string("/tmp/.."), std::string("/proc"),
        std::string("/proc/self/root"), std::string("/proc/self"), std::string("/sys"),
        std::string("/dev"), state, gateway_->directory(), disk() + "/../state", link,
        link + "/proc", link + state}) {
    const RealGateway::Answer added = gateway_->CtlAs(Member(), {"share", "add", "rootfs", path});
    EXPECT_EQ(added.code, 1) << path << ": " << added.out;
    const RealGateway::Answer changed =
        gateway_->CtlAs(Member(), {"share", "change", "disk", "--path", path});
    EXPECT_EQ(changed.code, 1) << path << ": " << changed.out;
  }
  EXPECT_FALSE(HasShare("rootfs"));
  EXPECT_EQ(gateway_->CtlAs(Member(), {"share", "add", "more", disk()}).code, 0);
}

// The path that is judged is the one that is served.
TEST_F(HostileAdmin, AMemberDoesNotServeRootByALinkThatChanges) {
  if (!AreTestsRoot()) GTEST_SKIP() << "asks as another uid";
  const std::string link = gateway_->directory() + "/link";
  std::atomic<bool> stop{false};
  std::thread swapper([&] {
    for (int i = 0; !stop; ++i) {
      const std::string next = gateway_->directory() + "/next";
      files::remove(next);
      files::create_directory_symlink(i % 2 == 0 ? "/" : disk(), next);
      files::rename(next, link);
    }
  });
  const std::unique_ptr<ControlPeer> member = Peer(Member());
  int added = 0;
  for (int i = 0; i < 200; ++i) {
    const json answer = member->Do("share.add", {{"name", "raced"}, {"path", link}});
    if (!answer.contains("result")) continue;
    ++added;
    EXPECT_EQ(answer["result"].value("path", ""), disk());
    EXPECT_TRUE(member->Do("share.remove", {{"name", "raced"}}).contains("result"));
  }
  stop = true;
  swapper.join();
  EXPECT_GT(added, 0);
}

TEST_F(HostileAdmin, PeersThatDoNotFinishARequestLeaveRoomForRoot) {
  if (!AreTestsRoot()) GTEST_SKIP() << "asks as another uid";
  std::vector<std::unique_ptr<ControlPeer>> peers;
  for (int i = 0; i < 32; ++i) {
    peers.push_back(Peer(Member()));
    peers.back()->Send(" ");
  }
  for (int i = 0; i < 3; ++i) {
    const RealGateway::Answer status = gateway_->Ctl({"status"});
    EXPECT_EQ(status.code, 0) << status.out;
  }
  EXPECT_EQ(gateway_->CtlAs(Member(), {"status"}).code, 1);
}

TEST_F(HostileAdmin, LinesThatAreNoRequestsEndNothing) {
  const std::unique_ptr<ControlPeer> peer = Peer();
  const std::string deep(60'000, '[');
  for (const std::string& line :
       {std::string("null"), std::string("[]"), std::string("{"), std::string(1, '\0'),
        std::string("{\"command\":7}"), std::string("{\"command\":\"\xFF\xFE\"}"),
        std::string(R"({"command":"status","params":[]})"), std::string(R"({"command":"\ud800"})"),
        std::string(R"({"command":"user.add","params":{"name":1e999,"password":{}}})"),
        std::string(R"({"command":"opens","params":{"limit":-1}})"), deep,
        absl::StrCat(R"({"command":"share.add","params":{"preferences":)", deep),
        absl::StrCat(R"({"id":)", std::string(30'000, '['), std::string(30'000, ']'), "}")}) {
    const json answer = peer->Ask(line);
    ASSERT_TRUE(answer.is_object()) << line.substr(0, 80);
    EXPECT_TRUE(answer.contains("error")) << line.substr(0, 80);
  }
  peer->Send(std::string(70'000, ' '));
  EXPECT_TRUE(peer->Ask("").contains("error")) << "too long";
  EXPECT_EQ(gateway_->Ctl({"status"}).code, 0);
}

class HostileAdminMetrics : public HostileAdmin {
 protected:
  HostileAdminMetrics() {
    metrics_.sin_family = AF_INET;
    metrics_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(metrics_);
    // One that is free; the gateway does not say which it would have taken.
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    bind(probe, reinterpret_cast<const sockaddr*>(&metrics_), length);
    getsockname(probe, reinterpret_cast<sockaddr*>(&metrics_), &length);
    close(probe);
  }
  ~HostileAdminMetrics() override {
    for (const int fd : connections_) close(fd);
  }
  std::string Sections() const override {
    return absl::StrCat(HostileAdmin::Sections(),
                        "[metrics]\nlisten = \"127.0.0.1:", ntohs(metrics_.sin_port), "\"\n");
  }
  int Connect() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&metrics_), sizeof(metrics_)), 0);
    connections_.push_back(fd);
    return fd;
  }
  bool Scrape() {
    constexpr absl::string_view kRequest = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    const int fd = Connect();
    SetTimeout(fd, seconds(8));
    (void)!send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
    std::string answer;
    char some[4096];
    while (!absl::StrContains(answer, "sluice_uptime_seconds ")) {
      const ssize_t got = recv(fd, some, sizeof(some), 0);
      if (got <= 0) return false;
      answer.append(some, static_cast<size_t>(got));
    }
    return true;
  }

 private:
  sockaddr_in metrics_{};
  std::vector<int> connections_;
};

constexpr int kMoreThanWorkers = 40;

TEST_F(HostileAdminMetrics, ConnectionsThatSayNothingDoNotStopAScrape) {
  ASSERT_TRUE(Scrape());
  for (int i = 0; i < kMoreThanWorkers; ++i) Connect();
  EXPECT_TRUE(Scrape());
}

TEST_F(HostileAdminMetrics, RequestsByTheByteDoNotStopAScrape) {
  std::vector<int> slow;
  for (int i = 0; i < kMoreThanWorkers; ++i) slow.push_back(Connect());
  std::atomic<bool> stop{false};
  std::thread dribbler([&] {
    const std::string request = "GET /metrics HTTP/1.1\r\nX: " + std::string(200, 'x');
    for (size_t i = 0; !stop && i < request.size(); ++i) {
      for (const int fd : slow) (void)!send(fd, &request[i], 1, MSG_NOSIGNAL);
      std::this_thread::sleep_for(milliseconds(50));  // the attack's pace
    }
  });
  EXPECT_TRUE(Scrape());
  stop = true;
  dribbler.join();
}

// A file system that answers nothing, as a server that is gone.
TEST_F(HostileAdmin, StorageThatDoesNotAnswerStopsNobody) {
  if (!AreTestsRoot()) GTEST_SKIP() << "mounts";
  const std::string path = gateway_->directory() + "/dead";
  files::create_directory(path);
  int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  const auto mounted = std::make_unique<Mount>(
      path, "fuse", absl::StrCat("fd=", fuse, ",rootmode=40000,user_id=0,group_id=0,allow_other"));
  if (!mounted->ok()) GTEST_SKIP() << "no FUSE here";
  auto add = std::async(std::launch::async, [&] {
    return gateway_->Ctl({"share", "add", "dead", path});
  });
  const std::string config = gateway_->directory() + "/sluice.toml";
  std::ofstream(config, std::ios::app) << "[[share]]\nname = \"too\"\npath = \"" << path << "\"\n";
  kill(gateway_->pid(), SIGHUP);
  auto others = std::async(std::launch::async, [&] {
    return gateway_->Ctl({"status"}).code == 0 && gateway_->Ctl({"share", "list"}).code == 0 &&
           gateway_->Ctl({"user", "disable", "bob"}).code == 0;
  });
  EXPECT_EQ(others.wait_for(seconds(3)), std::future_status::ready);
  files::rename(log(), log() + ".1");
  kill(gateway_->pid(), SIGUSR1);
  for (int i = 0; i < 200 && !files::exists(log()); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_TRUE(files::exists(log()));
  EXPECT_NE(Client(), nullptr);
  EXPECT_EQ(add.wait_for(seconds(0)), std::future_status::timeout) << "the storage did answer";
  auto stop = std::async(std::launch::async, [&] { return gateway_->Stop(); });
  EXPECT_EQ(stop.wait_for(seconds(4)), std::future_status::ready);
  close(fuse);  // whoever waits gets an error
  EXPECT_TRUE(stop.get());
  EXPECT_TRUE(others.get());
  EXPECT_NE(add.get().code, 0);
}

TEST_F(HostileAdmin, WhatFailsOnAFullDiskHasChangedNothing) {
  if (!AreTestsRoot()) GTEST_SKIP() << "mounts";
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  {
    const std::string state = gateway_->directory() + "/state";
    const Mount full(state, "tmpfs", "size=4k,mode=0777");
    ASSERT_TRUE(full.ok());
    std::ofstream(state + "/ballast") << std::string(8192, 'x');
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"share", "remove", "disk", "--close"},
                                               {"share", "add", "more", disk()},
                                               {"user", "disable", "bob"},
                                               {"user", "remove", "bob"},
                                               {"user", "passwd", "bob", "--password-stdin"},
                                               {"group", "set", "friends", "bob"},
                                               {"prefs", "set", "share.disk.read_only", "true"}}) {
      const RealGateway::Answer answer = gateway_->Ctl(command, "other\n");
      EXPECT_EQ(answer.code, 1) << command[0] << " " << command[1] << ": " << answer.out;
    }
    EXPECT_EQ(alice->Create("goes on", &id), NtStatus::kOk);
    EXPECT_NE(Client("disk", ClientOptions(), "bob", "hidden"), nullptr);
    EXPECT_EQ(LogOn("bob", "other"), NtStatus::kLogonFailure);
    EXPECT_FALSE(HasShare("more"));
  }
  EXPECT_EQ(gateway_->Ctl({"user", "disable", "bob"}).code, 0);
  EXPECT_NE(LogOn("bob", "hidden"), NtStatus::kOk);
  EXPECT_EQ(gateway_->Ctl({"share", "remove", "disk", "--close"}).code, 0);
  EXPECT_NE(alice->Create("goes on", &id), NtStatus::kOk);
}

class HostileAdminAudit : public HostileAdmin {
 protected:
  std::string Sections() const override {
    files::create_directory(gateway_->directory() + "/audit");
    files::permissions(gateway_->directory() + "/audit", files::perms::all);
    return absl::StrCat(HostileAdmin::Sections(), "[audit]\nfile = \"", audit(), "\"\n");
  }
  bool Guests() const override { return false; }
  std::string audit() const { return gateway_->directory() + "/audit/log"; }
};

TEST_F(HostileAdminAudit, AFullDiskLeavesNoHalfLines) {
  if (!AreTestsRoot()) GTEST_SKIP() << "mounts";
  const std::string ballast = gateway_->directory() + "/audit/ballast";
  const Mount small(gateway_->directory() + "/audit", "tmpfs", "size=16k,mode=0777");
  ASSERT_TRUE(small.ok());
  std::ofstream(ballast) << std::string(8192, 'x');
  kill(gateway_->pid(), SIGHUP);
  ASSERT_TRUE(Eventually([&] { return files::exists(audit()); }));
  const std::unique_ptr<ControlPeer> peer = Peer();
  const auto events = [&](int count) {
    for (int i = 0; i < count; ++i) {
      peer->Do("user.enable", {{"name", absl::StrCat(std::string(97, 'x'), i)}});
    }
  };
  events(150);
  ASSERT_TRUE(Eventually(
      [&] { return gateway_->CtlJson({"stats"}).value("audit_events_lost", uint64_t{0}) > 20; }));
  files::remove(ballast);
  events(5);
  EXPECT_TRUE(
      Eventually([&] { return absl::StrContains(ReadFile(audit()), "\"event\":\"lost\""); }));
  for (const absl::string_view line : absl::StrSplit(ReadFile(audit()), '\n', absl::SkipEmpty())) {
    EXPECT_TRUE(json::parse(line, nullptr, false).is_object()) << line;
  }
}

TEST_F(HostileAdminAudit, ANameFromThePeerSteersNoTerminal) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  ASSERT_EQ(client.LogOn(kSteering, "x"), NtStatus::kLogonFailure);
  const std::unique_ptr<TestClient> alice = Alice("files");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("a\xC2\x9B\xE2\x80\xAE\xE2\x80\xA8\x7F", &id), NtStatus::kOk);
  for (const char* escaped : {"\\u202e", "\\u2028", "\\u009b"}) {
    EXPECT_TRUE(absl::StrContains(ReadFile(log()), escaped)) << escaped;
    EXPECT_TRUE(absl::StrContains(gateway_->Ctl({"clients", "refused"}).out, escaped)) << escaped;
    EXPECT_TRUE(absl::StrContains(gateway_->Ctl({"opens"}).out, escaped)) << escaped;
  }
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"clients", "refused"}, {"sessions"}, {"trees"}, {"opens"}, {"connections"}}) {
    for (const bool as_json : {false, true}) {
      std::vector<std::string> arguments = command;
      if (as_json) arguments.emplace_back("--json");
      const RealGateway::Answer answer = gateway_->Ctl(arguments);
      EXPECT_EQ(answer.code, 0) << answer.out;
      EXPECT_FALSE(Steers(answer.out)) << command[0];
    }
  }
  EXPECT_FALSE(Steers(gateway_->Ctl({"sessions", "--user", kSteering}).out));
  EXPECT_FALSE(Steers(gateway_->Ctl({"user", "remove", kSteering}).out));
  EXPECT_FALSE(Steers(ReadFile(log())));
  EXPECT_FALSE(Steers(ReadFile(audit())));
}

TEST_F(HostileAdmin, ShareNamesHaveNoControlCharactersAndNoTwins) {
  const std::unique_ptr<ControlPeer> peer = Peer();
  const auto add = [&](const std::string& name) {
    return peer->Ask(absl::StrCat(R"({"command":"share.add","params":{"storage":"memory","name":")",
                                  name, "\"}}"));
  };
  for (const char* name : {R"(a\u0000)", R"(a\u001bb)", R"(a\n)", R"(a\u007f)", R"(a\u009b)",
                           R"(a\u2028)", R"(a\u202e)", R"(a\u2066)", R"(\ud800)", "a\xFF"}) {
    EXPECT_TRUE(add(name).contains("error")) << name;
  }
  EXPECT_TRUE(add("\xC3\x84rger").contains("result"));
  EXPECT_TRUE(add("\xC3\xA4RGER").contains("error"));
  EXPECT_TRUE(add("DISK").contains("error"));
}

TEST_F(HostileAdmin, AShareThatIsAddedAgainLetsNoGuestIn) {
  const auto guest = [this] { return Client("guests", ClientOptions(), "eve", "x"); };
  ASSERT_NE(guest(), nullptr);
  for (const char* again : {"guests", "GUESTS"}) {
    ASSERT_EQ(gateway_->Ctl({"share", "remove", "guests"}).code, 0);
    ASSERT_EQ(gateway_->Ctl({"share", "add", again, disk()}).code, 0);
    EXPECT_EQ(guest(), nullptr) << again;
    ASSERT_EQ(gateway_->Ctl({"prefs", "set", absl::StrCat("share.", again, ".guest"), "true"}).code,
              0);
    EXPECT_NE(guest(), nullptr);
  }
}

TEST_F(HostileAdmin, PasswordsAreUtf8) {
  const std::unique_ptr<ControlPeer> peer = Peer();
  for (const std::string password : {"p\xE9ss", "\xC0\x80", "\xED\xA0\x80", "a\xFF"}) {
    for (const char* command : {"add", "passwd"}) {
      const RealGateway::Answer answer =
          gateway_->Ctl({"user", command, "alice", "--password-stdin"}, password + "\n");
      EXPECT_NE(answer.code, 0) << command;
    }
    EXPECT_TRUE(peer->Ask(absl::StrCat(R"({"command":"user.passwd","params":{"name":"alice",)",
                                       R"("password":")", password, "\"}}"))
                    .contains("error"));
    EXPECT_EQ(LogOn("alice", "p\xEF\xBF\xBDss"), NtStatus::kLogonFailure);
  }
  EXPECT_EQ(LogOn("alice", "secret"), NtStatus::kOk);
  // As a file from Windows ends its lines.
  EXPECT_EQ(gateway_->Ctl({"user", "passwd", "bob", "--password-stdin"}, "other\r\n").code, 0);
  EXPECT_EQ(LogOn("bob", "other"), NtStatus::kOk);
}

TEST_F(HostileAdmin, AnSmbConfIsReadWithinBounds) {
  const std::string conf = gateway_->directory() + "/smb.conf";
  const auto import = [&](const std::string& path) {
    return gateway_->Ctl({"import-samba", path, "--output", gateway_->directory() + "/out.toml"});
  };
  std::ofstream(conf) << "[global]\ninclude = " << conf << "\n";
  EXPECT_EQ(import(conf).code, 0) << "includes itself, which has an end";
  std::ofstream(conf) << "[sh\xFFre]\npath = " << disk() << "\n";
  EXPECT_NE(import(conf).code, 0) << "is not UTF-8";
  std::ofstream(conf) << "[global]\n# " << std::string(2u << 20, 'x') << "\n";
  EXPECT_NE(import(conf).code, 0) << "has 2 MiB";
  EXPECT_NE(import("/dev/null").code, 0) << "is no file";
}

TEST_F(HostileAdminAudit, TheSignalOfLogrotateReloadsNothing) {
  const std::string config = gateway_->directory() + "/sluice.toml";
  std::ofstream(config, std::ios::app) << "[[share]]\nname = \"later\"\nstorage = \"memory\"\n";
  for (const std::string& path : {log(), audit()}) files::rename(path, path + ".1");
  kill(gateway_->pid(), SIGUSR1);
  ASSERT_TRUE(Eventually([&] { return files::exists(log()) && files::exists(audit()); }));
  EXPECT_FALSE(HasShare("later"));
  kill(gateway_->pid(), SIGHUP);
  EXPECT_TRUE(Eventually([&] { return HasShare("later"); }));
  // The one reload that there was is all that the logs know of.
  const std::string text = ReadFile(log() + ".1") + ReadFile(log());
  const size_t first = text.find("reload: ");
  EXPECT_NE(first, std::string::npos);
  EXPECT_FALSE(absl::StrContains(ReadFile(log() + ".1"), "reload: "));
}

#ifndef __SANITIZE_ADDRESS__  // whose processes may be dumped: its search for leaks reads them
TEST_F(HostileAdmin, ACrashLeavesNoCoreDump) {
  ASSERT_NE(Client(), nullptr);  // credentials have been switched
  const std::string proc = absl::StrCat("/proc/", gateway_->pid());
  struct stat status {};
  ASSERT_EQ(stat((proc + "/environ").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0u) << "its own user may read its memory";
  for (const absl::string_view line : absl::StrSplit(ReadFile(proc + "/limits"), '\n')) {
    if (!absl::StartsWith(line, "Max core file size")) continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    ASSERT_GE(words.size(), 6u);
    EXPECT_EQ(words[4] + words[5], "00") << line;
    return;
  }
  ADD_FAILURE() << "no limit on core files";
}
#endif

}  // namespace
}  // namespace sluice::hostile
