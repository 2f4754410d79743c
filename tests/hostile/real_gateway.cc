#include "tests/hostile/real_gateway.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"

namespace sluice::hostile {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);

std::string Environment(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value == nullptr ? otherwise : value;
}

// A child that executes `arguments` with these descriptors as its first three.
pid_t Spawn(const std::vector<std::string>& arguments, int in, int out,
            std::optional<Account> account) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  if (account.has_value()) Become(*account);
  execv(argv[0], argv.data());
  _exit(99);
}

}  // namespace

const Setting& TheSetting() {
  static const Setting setting = {Environment("SLUICE_HOSTILE_BIN", "."),
                                  atoi(Environment("SLUICE_HOSTILE_LOOPS", "2").c_str()),
                                  Environment("SLUICE_HOSTILE_USER", "0") == "1"};
  return setting;
}

void Become(Account account) {
  if (setgroups(0, nullptr) != 0 || setgid(account.gid) != 0 || setuid(account.uid) != 0) _exit(98);
}

Account Nobody() {
  const passwd* nobody = getpwnam("nobody");
  if (nobody == nullptr) abort();
  return {nobody->pw_uid, nobody->pw_gid};
}

RealGateway::RealGateway() {
  directory_ = "/tmp/sluice-hostile-XXXXXX";
  if (mkdtemp(directory_.data()) == nullptr) abort();
  std::filesystem::create_directory(disk());
  chmod(directory_.c_str(), 0755);
  chmod(disk().c_str(), 0777);
  if (!TheSetting().as_nobody) return;
  const Account nobody = Nobody();
  if (chown(directory_.c_str(), nobody.uid, nobody.gid) != 0) abort();
}

RealGateway::~RealGateway() {
  Kill();
  std::filesystem::remove_all(directory_);
}

bool RealGateway::Start(absl::string_view server, absl::string_view rest) {
  const std::string config = directory_ + "/sluice.toml";
  std::ofstream(config) << "[server]\nlisten = [\"127.0.0.1:0\"]\nloops = " << TheSetting().loops
                        << "\nstate_dir = \"" << directory_ << "/state\"\ncontrol_socket = \""
                        << directory_ << "/c\"\n"
                        << server << "\n"
                        << rest << "\n";
  const int log = open((directory_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int nothing = open("/dev/null", O_RDONLY);
  pid_ = Spawn({TheSetting().bin + "/sluiced", "--config", config}, nothing, log,
               TheSetting().as_nobody ? std::make_optional(Nobody()) : std::nullopt);
  close(log);
  close(nothing);
  for (const auto deadline = Clock::now() + kPatience; Clock::now() < deadline;) {
    const nlohmann::json status = CtlJson({"status"});
    if (status.is_object()) {
      address_ = status["listen"][0].get<std::string>();
      return true;
    }
    if (!Alive()) break;
    std::this_thread::sleep_for(milliseconds(10));
  }
  fprintf(stderr, "sluiced did not get ready:\n%s\n", Log().c_str());
  return false;
}

bool RealGateway::Alive() {
  if (pid_ < 0) return false;
  if (waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

bool RealGateway::Stop() {
  if (!Alive()) return false;
  kill(pid_, SIGTERM);
  for (const auto deadline = Clock::now() + kPatience; Clock::now() < deadline;) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

void RealGateway::Kill() {
  if (!Alive()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

RealGateway::Answer RealGateway::Ctl(const std::vector<std::string>& arguments,
                                     absl::string_view input) {
  return RunCtl(std::nullopt, arguments, input);
}

RealGateway::Answer RealGateway::CtlAs(Account caller, const std::vector<std::string>& arguments,
                                       absl::string_view input) {
  return RunCtl(caller, arguments, input);
}

RealGateway::Answer RealGateway::RunCtl(std::optional<Account> caller,
                                        const std::vector<std::string>& arguments,
                                        absl::string_view input) {
  std::vector<std::string> command = {TheSetting().bin + "/sluicectl", "--socket",
                                      control_socket()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) return {};
  const pid_t child = Spawn(command, in[0], out[1], caller);
  close(in[0]);
  close(out[1]);
  Answer answer;
  // A short input fits into the pipe; nobody has to read it.
  if (write(in[1], input.data(), input.size()) < 0) answer.out = "no input: ";
  close(in[1]);
  char some[4096];
  for (ssize_t got; (got = read(out[0], some, sizeof(some))) > 0;) {
    answer.out.append(some, static_cast<size_t>(got));
  }
  close(out[0]);
  int status = 0;
  waitpid(child, &status, 0);
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return answer;
}

nlohmann::json RealGateway::CtlJson(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Answer answer = Ctl(arguments);
  if (answer.code != 0) return nullptr;
  return nlohmann::json::parse(answer.out, nullptr, false);
}

uint64_t RealGateway::Counter(const std::string& name) {
  const nlohmann::json status = CtlJson({"status"});
  if (!status.is_object()) return 0;
  return status["counters"].value(name, uint64_t{0});
}

std::string RealGateway::Log() const {
  std::stringstream text;
  text << std::ifstream(directory_ + "/log").rdbuf();
  return text.str();
}

}  // namespace sluice::hostile
