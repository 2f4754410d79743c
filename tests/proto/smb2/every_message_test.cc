// What holds for every message of every command: it comes back as it was sent, no cut of it is
// taken for a whole one, and no byte of it can make a decoder read elsewhere.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proto/smb2/cancel.h"
#include "proto/smb2/change_notify.h"
#include "proto/smb2/close.h"
#include "proto/smb2/create.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/error.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/ioctl.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/logoff.h"
#include "proto/smb2/negotiate.h"
#include "proto/smb2/oplock_break.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/tree_connect.h"
#include "proto/smb2/tree_disconnect.h"
#include "proto/smb2/write.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

const Bytes kData{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

struct Sample {
  std::string name;
  Bytes message;
  // Decodes; if that succeeds, reads every byte of what was decoded by encoding it again.
  std::function<bool(absl::Span<const uint8_t>, Bytes* again)> decode;
};

template <typename T>
Sample Of(const char* name, const T& body) {
  return {name, Encoded(body), [](absl::Span<const uint8_t> message, Bytes* again) {
            T decoded;
            if (!T::Decode(message, &decoded)) return false;
            *again = Encoded(decoded);
            return true;
          }};
}

NegotiateContexts AllContexts() {
  NegotiateContexts contexts;
  contexts.preauth_integrity = {{kHashSha512}, kData};
  contexts.ciphers = AlgorithmIds{2, 1, 4, 3};
  contexts.compression = {{1, 2, 3}, kCompressionFlagChained};
  contexts.netname = kData;
  contexts.transport_flags = 1;
  contexts.rdma_transforms = AlgorithmIds{1, 2};
  contexts.signing_algorithms = AlgorithmIds{2, 1, 0};
  contexts.posix = kData;
  contexts.unknown.push_back({0x7777, kData});
  return contexts;
}

template <typename T>
T WithFileId() {
  T body;
  body.file_id = kTestFileId;
  return body;
}

void AddSessionSamples(std::vector<Sample>* samples) {
  NegotiateRequest negotiate;
  negotiate.dialects = {0x0202, 0x0210, 0x0300, 0x0302, 0x0311};
  negotiate.contexts = AllContexts();
  samples->push_back(Of("NEGOTIATE request", negotiate));
  negotiate.dialects = {0x0202};
  negotiate.contexts = {};
  samples->push_back(Of("NEGOTIATE request 2.0.2", negotiate));
  NegotiateResponse negotiated;
  negotiated.dialect_revision = Dialect::kSmb311;
  negotiated.security_buffer = kData;
  negotiated.contexts = AllContexts();
  samples->push_back(Of("NEGOTIATE response", negotiated));
  SessionSetupRequest setup;
  setup.security_buffer = kData;
  samples->push_back(Of("SESSION_SETUP request", setup));
  SessionSetupResponse set_up;
  set_up.security_buffer = kData;
  samples->push_back(Of("SESSION_SETUP response", set_up));
  samples->push_back(Of("LOGOFF request", LogoffRequest()));
  samples->push_back(Of("LOGOFF response", LogoffResponse()));
  TreeConnectRequest tree;
  tree.path = kData;
  samples->push_back(Of("TREE_CONNECT request", tree));
  samples->push_back(Of("TREE_CONNECT response", TreeConnectResponse()));
  samples->push_back(Of("TREE_DISCONNECT request", TreeDisconnectRequest()));
  samples->push_back(Of("TREE_DISCONNECT response", TreeDisconnectResponse()));
  samples->push_back(Of("ECHO request", EchoRequest()));
  samples->push_back(Of("ECHO response", EchoResponse()));
  samples->push_back(Of("CANCEL request", CancelRequest()));
  ErrorResponse error;
  error.error_data = kData;
  samples->push_back(Of("ERROR response", error));
  error.error_data = {};
  error.contexts = {{ErrorId::kDefault, kData}, {ErrorId::kShareRedirect, kData}};
  samples->push_back(Of("ERROR response with contexts", error));
}

void AddOpenSamples(std::vector<Sample>* samples) {
  CreateRequest create;
  create.name = kData;
  create.create_contexts = kData;
  samples->push_back(Of("CREATE request", create));
  auto created = WithFileId<CreateResponse>();
  created.create_contexts = kData;
  samples->push_back(Of("CREATE response", created));
  samples->push_back(Of("CLOSE request", WithFileId<CloseRequest>()));
  samples->push_back(Of("CLOSE response", CloseResponse()));
  samples->push_back(Of("FLUSH request", WithFileId<FlushRequest>()));
  samples->push_back(Of("FLUSH response", FlushResponse()));
  auto read = WithFileId<ReadRequest>();
  read.read_channel_info = kData;
  samples->push_back(Of("READ request", read));
  auto write = WithFileId<WriteRequest>();
  write.data = kData;
  write.write_channel_info = kData;
  samples->push_back(Of("WRITE request", write));
  samples->push_back(Of("WRITE response", WriteResponse()));
  auto lock = WithFileId<LockRequest>();
  lock.locks = {{1, 2, kLockFlagShared}, {3, 4, kLockFlagUnlock}};
  samples->push_back(Of("LOCK request", lock));
  samples->push_back(Of("LOCK response", LockResponse()));
  auto ioctl = WithFileId<IoctlRequest>();
  ioctl.input = kData;
  ioctl.output = kData;
  samples->push_back(Of("IOCTL request", ioctl));
  auto controlled = WithFileId<IoctlResponse>();
  controlled.input = kData;
  controlled.output = kData;
  samples->push_back(Of("IOCTL response", controlled));
}

void AddInfoSamples(std::vector<Sample>* samples) {
  auto directory = WithFileId<QueryDirectoryRequest>();
  directory.file_name = kData;
  samples->push_back(Of("QUERY_DIRECTORY request", directory));
  QueryInfoResponse output;
  output.output = kData;
  samples->push_back(Of("QUERY_INFO response", output));
  samples->push_back(Of("CHANGE_NOTIFY request", WithFileId<ChangeNotifyRequest>()));
  auto query = WithFileId<QueryInfoRequest>();
  query.input = kData;
  samples->push_back(Of("QUERY_INFO request", query));
  auto set = WithFileId<SetInfoRequest>();
  set.buffer = kData;
  samples->push_back(Of("SET_INFO request", set));
  samples->push_back(Of("SET_INFO response", SetInfoResponse()));
  samples->push_back(Of("OPLOCK_BREAK", WithFileId<OplockBreak>()));
  samples->push_back(Of("OPLOCK_BREAK lease", LeaseBreakAcknowledgment()));
  samples->push_back(Of("OPLOCK_BREAK lease notification", LeaseBreakNotification()));
}

std::vector<Sample> Samples() {
  std::vector<Sample> samples;
  AddSessionSamples(&samples);
  AddOpenSamples(&samples);
  AddInfoSamples(&samples);
  return samples;
}

// From memory of exactly this size, which ASan guards on both sides.
bool DecodeGuarded(const Sample& sample, absl::Span<const uint8_t> message, Bytes* again) {
  const auto copy = std::make_unique<uint8_t[]>(message.size());
  std::copy(message.begin(), message.end(), copy.get());
  return sample.decode({copy.get(), message.size()}, again);
}

TEST(EveryMessage, ComesBackAsItWas) {
  for (const Sample& sample : Samples()) {
    Bytes again;
    ASSERT_TRUE(DecodeGuarded(sample, sample.message, &again)) << sample.name;
    EXPECT_EQ(ToHex(again), ToHex(sample.message)) << sample.name;
  }
}

TEST(EveryMessage, RejectsEveryTruncation) {
  for (const Sample& sample : Samples()) {
    for (size_t length = 0; length < sample.message.size(); ++length) {
      Bytes again;
      EXPECT_FALSE(
          DecodeGuarded(sample, absl::MakeConstSpan(sample.message).subspan(0, length), &again))
          << sample.name << " cut to " << length;
    }
  }
}

TEST(EveryMessage, ToleratesTrailingPadding) {
  for (const Sample& sample : Samples()) {
    Bytes message = sample.message;
    message.resize(message.size() + 8);
    Bytes again;
    EXPECT_TRUE(DecodeGuarded(sample, message, &again)) << sample.name;
  }
}

TEST(EveryMessage, SurvivesAnyByteBeingWrong) {
  for (const Sample& sample : Samples()) {
    for (size_t at = kHeaderBytes; at < sample.message.size(); ++at) {
      for (const uint8_t value : {0x00, 0x01, 0x41, 0x7F, 0x80, 0xFF}) {
        Bytes message = sample.message;
        message[at] = value;
        Bytes again;
        DecodeGuarded(sample, message, &again);
      }
    }
  }
}

TEST(EveryMessage, SurvivesTwoAdjacentFieldsBeingHuge) {
  for (const Sample& sample : Samples()) {
    for (size_t at = kHeaderBytes + 2; at + 8 <= sample.message.size(); ++at) {
      Bytes message = sample.message;
      Put32(at, 0xFFFFFFFF, &message);
      Put32(at + 4, 0xFFFFFFFF, &message);
      Bytes again;
      DecodeGuarded(sample, message, &again);
    }
  }
}

TEST(CreateRequest, DoesNotFitIntoLessThanItsSize) {
  // One encoder stands for all: they write through the same cursor.
  CreateRequest create;
  create.name = kData;
  create.create_contexts = kData;
  const size_t needed = Encoded(create).size();
  for (size_t size = kHeaderBytes; size < needed; ++size) {
    Bytes buffer(size);
    Writer w(absl::MakeSpan(buffer));
    w.Zeros(kHeaderBytes);
    create.Encode(w);
    EXPECT_FALSE(w.ok()) << size;
  }
}

}  // namespace
}  // namespace sluice::proto
