// The server's end of one open named pipe: bytes in, bytes out. Splits what clients write into
// PDUs, keeps the presentation contexts, puts request fragments together, calls the interface and
// cuts the answer into fragments.
#ifndef SLUICE_PROTO_RPC_PIPE_SERVER_H_
#define SLUICE_PROTO_RPC_PIPE_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/rpc/pdu.h"
#include "proto/rpc/server_description.h"

namespace sluice::proto::rpc {

enum class PipeKind { kSrvsvc, kWkssvc };

// By the name a client opens in IPC$, without regard to case, with or without a leading '\\'.
std::optional<PipeKind> FindPipe(absl::string_view name);

// Not thread-safe. Memory is bounded: kRequestBytesMax of input beside as much of a request that is
// being put together, and kAnswerBytesMax of answers for a client to read.
class PipeServer {
 public:
  static constexpr size_t kRequestBytesMax = 64u << 10;
  // Well above a listing of a thousand shares.
  static constexpr size_t kAnswerBytesMax = 1u << 20;

  explicit PipeServer(PipeKind kind) : kind_(kind) {}

  // Takes what a client wrote, any number of PDUs and parts of one. `server` is used during the
  // call only. False if the client broke the protocol or a limit: the pipe is then to be closed.
  bool Write(absl::Span<const uint8_t> bytes, const ServerDescription& server);

  // Copies the next answer fragment, or what is left of it, to `out` and gives the bytes copied; 0
  // if there is no answer. A pipe in message mode never gives parts of two fragments at once.
  size_t Read(absl::Span<uint8_t> out);

  // Of the fragment that Read() would go on with: more than a Read() took means
  // STATUS_BUFFER_OVERFLOW.
  size_t pending_bytes() const;
  // Of everything that it keeps for the client.
  size_t held_bytes() const { return input_.capacity() + stub_.capacity() + answer_bytes_; }
  // Forgets all of it: for a pipe that is not used any more.
  void Clear();
  bool has_answer() const { return !answers_.empty(); }

 private:
  bool HandlePdu(absl::Span<const uint8_t> pdu, const PduHeader& header,
                 const ServerDescription& server);
  bool HandleBind(absl::Span<const uint8_t> pdu, const PduHeader& header);
  bool HandleRequest(absl::Span<const uint8_t> pdu, const ServerDescription& server);
  bool Call(const RequestPdu& request, absl::Span<const uint8_t> stub,
            const ServerDescription& server);
  bool Respond(const RequestPdu& request, absl::Span<const uint8_t> stub);
  bool Fault(const RequestPdu& request, uint32_t status);
  bool Enqueue(std::vector<uint8_t> fragment);
  bool HasContext(uint16_t id) const;

  const PipeKind kind_;
  bool bound_ = false;
  uint16_t max_transmit_ = kFragmentBytesMax;
  std::vector<uint16_t> contexts_;  // that were accepted
  std::vector<uint8_t> input_;      // the beginning of a PDU
  // A request whose last fragment has not come.
  std::optional<uint32_t> call_id_;
  std::vector<uint8_t> stub_;
  std::deque<std::vector<uint8_t>> answers_;
  size_t answer_bytes_ = 0;  // of answers_ in all, without what was read
  size_t answer_taken_ = 0;  // of answers_.front()
};

}  // namespace sluice::proto::rpc

#endif  // SLUICE_PROTO_RPC_PIPE_SERVER_H_
