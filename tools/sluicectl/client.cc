#include "tools/sluicectl/client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/control/error_codes.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

constexpr timeval kTimeout = {.tv_sec = 30, .tv_usec = 0};

absl::StatusOr<int> Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("the socket's path is too long: ", path));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::InternalError(strerror(errno));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof(kTimeout));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof(kTimeout));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int error = errno;
    close(fd);
    const char* advice = error == EACCES ? "run as the user that runs sluiced"
                                         : "is sluiced running? --socket names another one";
    return absl::UnavailableError(
        absl::StrCat("cannot connect to ", path, ": ", strerror(error), "; ", advice));
  }
  return fd;
}

absl::Status NoAnswer() {
  return absl::DeadlineExceededError("the gateway did not answer within 30 seconds");
}

absl::Status Closed() {
  return absl::UnavailableError("the gateway closed the control connection");
}

absl::Status SendAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return NoAnswer();
    if (sent <= 0) return Closed();
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReceiveLine(int fd) {
  std::string line;
  char buffer[65536];
  while (line.find('\n') == std::string::npos) {
    const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return NoAnswer();
    if (got <= 0) return Closed();
    line.append(buffer, static_cast<size_t>(got));
  }
  return line.substr(0, line.find('\n'));
}

absl::Status ErrorFrom(const json& error) {
  const std::string message = error.value("message", "the gateway gave no reason");
  return absl::Status(control::StatusOfCode(error.value("code", "")), message);
}

}  // namespace

absl::string_view CodeName(const absl::Status& status) {
  // What the gateway cannot say itself.
  if (absl::IsUnavailable(status)) return "unreachable";
  if (absl::IsDeadlineExceeded(status)) return "timeout";
  return control::CodeName(status.code());
}

absl::StatusOr<json> Call(const std::string& socket_path, const std::string& command,
                          const json& params) {
  std::string request;
  try {
    request = json{{"id", 1}, {"command", command}, {"params", params}}.dump() + "\n";
  } catch (const json::type_error&) {
    // Other bytes instead would be another name, or another password.
    return absl::InvalidArgumentError("an argument is not UTF-8; nothing was sent");
  }
  const absl::Cleanup wipe = [&request] { explicit_bzero(request.data(), request.size()); };
  const absl::StatusOr<int> fd = Connect(socket_path);
  if (!fd.ok()) return fd.status();
  const absl::Cleanup close_fd = [&fd] { close(*fd); };
  const absl::Status sent = SendAll(*fd, request);

  // A gateway that closes at once has said why.
  const absl::StatusOr<std::string> line = ReceiveLine(*fd);
  if (!line.ok() && !sent.ok()) return sent;
  if (!line.ok()) return line.status();
  const json response = json::parse(*line, nullptr, /*allow_exceptions=*/false);
  if (!response.is_object()) return absl::InternalError("the gateway's answer is not JSON");
  if (response.contains("error")) return ErrorFrom(response["error"]);
  return response.value("result", json());
}

}  // namespace sluice::sluicectl
