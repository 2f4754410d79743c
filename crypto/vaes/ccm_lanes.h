// AES-CCM of several messages at once, sixteen in step, on CcmKernel.
//
// This is the one algorithm for which the multi-buffer library is not the engine. It runs a CCM's
// CBC-MAC in lanes and its counter mode after that, with a fixed cost for each of the two and for
// the first blocks; here the halves share their round keys and one pass over the message. In GB/s
// of one core, AES-128-CCM, sixteen messages of one key in flight, on a Xeon (Sapphire Rapids) that
// others used as well:
//
//     message         128 B   1 KiB   4 KiB + 80   64 KiB + 80   1 MiB + 80
//     OpenSSL          0.18    0.64         0.80          0.97         0.96    one at a time
//     the library      0.25    1.75         2.95          5.20         4.18
//     this             1.02    4.00         4.08          5.92         5.72    5.1 to 6.3 times
//
// Eight of one key are as fast as sixteen; four reach two thirds of it, and a lone one 1.1. With a
// key to each message, as of several sessions, the round keys come from memory: a fifth to a
// quarter slower. So the messages of a key run together where they are four or more, and what is
// left over shares the lanes.
//
// Where the processor lacks 512-bit AES instructions, and where another one is forced, all CCM runs
// as MacLanes (crypto/ipsec_mb/mac_lanes.h).
//
// Messages lie in segments, which are read and written in place; only a block that lies across a
// cut, and a last one that is not whole, passes through 16 bytes of our own.
#ifndef SLUICE_CRYPTO_VAES_CCM_LANES_H_
#define SLUICE_CRYPTO_VAES_CCM_LANES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crypto/batch_stage.h"
#include "crypto/ccm_format.h"
#include "crypto/vaes/ccm_kernel.h"

namespace sluice::crypto {

class CcmLanes {
 public:
  using Tag = std::array<uint8_t, kSignatureBytes>;
  struct Message {
    SealJob* job;
    size_t size;
    Tag tag;  // the result
  };

  static bool Available() { return CcmKernelAvailable(); }

  CcmLanes() = default;
  CcmLanes(const CcmLanes&) = delete;
  CcmLanes& operator=(const CcmLanes&) = delete;
  ~CcmLanes() { Clear(); }

  // REQUIRES: Available(); messages of one key size. Fills in each one's tag; the message is
  // encrypted or decrypted. Changes their order; leaves nothing secret.
  void Run(absl::Span<Message> messages);

 private:
  using Block = std::array<uint8_t, kCcmBlockBytes>;

  enum class Piece : uint8_t { kPrime, kHead, kDirect, kGathered };

  struct Lane {
    Message* message;  // null: idle
    size_t head_blocks;
    size_t segment;  // the cursor: what is not yet in a piece
    size_t offset;
    size_t remaining;
    size_t left;          // blocks of the piece in hand that are still to do
    size_t gathered;      // bytes of the message in `block`
    size_t from_segment;  // where they came from
    size_t from_offset;
    Piece piece;
    std::array<uint8_t, kCcmHeadBytesMax> head;
  };
  // What of a lane must not survive.
  struct Scratch {
    std::array<uint8_t, kCcmHeadBytesMax> dump;  // the head, and over it the key stream
    Block block;  // a block gathered from two segments, or a last one
    Block mask;   // the key stream of counter 0, which hides the tag
  };

  void RunTogether(absl::Span<Message> messages);
  void Clear();
  void Fill(size_t lane, Message* message);
  void StartHead(size_t lane);
  void Idle(size_t lane);
  bool NextPiece(size_t lane);
  void Gather(size_t lane);
  void FinishPiece(size_t lane);
  void FinishMessage(size_t lane);

  CcmState state_{};
  std::array<Lane, kCcmLanes> lanes_{};
  std::array<Scratch, kCcmLanes> scratch_{};
  // Idle lanes read and write here. The larger it is the fewer times the kernel starts.
  std::array<uint8_t, 32 * kCcmBlockBytes> idle_{};
  size_t rounds_ = 10;
  bool own_keys_ = false;  // the state holds round keys
  size_t used_lanes_ = 0;
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_VAES_CCM_LANES_H_
