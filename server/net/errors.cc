#include "server/net/errors.h"

#include <cerrno>

namespace sluice::net {
namespace {

struct Row {
  int error;
  ErrorClass error_class;
};

constexpr Row kRows[] = {
    {EINTR, ErrorClass::kRetry},         {EAGAIN, ErrorClass::kRetry},
    {ECONNRESET, ErrorClass::kPeerGone}, {EPIPE, ErrorClass::kPeerGone},
    {ENOTCONN, ErrorClass::kPeerGone},   {ECONNABORTED, ErrorClass::kPeerGone},
    {ETIMEDOUT, ErrorClass::kPeerGone},  {EHOSTUNREACH, ErrorClass::kPeerGone},
    {EHOSTDOWN, ErrorClass::kPeerGone},  {ENETUNREACH, ErrorClass::kPeerGone},
    {ENETDOWN, ErrorClass::kPeerGone},   {ENETRESET, ErrorClass::kPeerGone},
    {ESHUTDOWN, ErrorClass::kPeerGone},  {ECONNREFUSED, ErrorClass::kPeerGone},
    {EPROTO, ErrorClass::kPeerGone},     {ENOPROTOOPT, ErrorClass::kPeerGone},
    {ENOMEM, ErrorClass::kResource},     {ENOBUFS, ErrorClass::kResource},
    {EMFILE, ErrorClass::kResource},     {ENFILE, ErrorClass::kResource},
    {EBADF, ErrorClass::kBug},           {EFAULT, ErrorClass::kBug},
    {EINVAL, ErrorClass::kBug},          {ENOTSOCK, ErrorClass::kBug},
    {EOPNOTSUPP, ErrorClass::kBug},      {EMSGSIZE, ErrorClass::kBug},
    {EDESTADDRREQ, ErrorClass::kBug},
};

}  // namespace

ErrorClass Classify(int error) {
  for (const Row& row : kRows) {
    if (row.error == -error) return row.error_class;
  }
  return ErrorClass::kUnknown;
}

absl::string_view Name(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kRetry:
      return "retry";
    case ErrorClass::kPeerGone:
      return "peer gone";
    case ErrorClass::kResource:
      return "resource";
    case ErrorClass::kBug:
      return "bug";
    case ErrorClass::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace sluice::net
