// SPDX-License-Identifier: MIT
// Peers: glibc's pthread mutex, plain and in its spinning (adaptive) form; its semaphore.
#pragma once

#include <pthread.h>
#include <semaphore.h>

#include "peers/peer.hpp"

namespace bench {

class PthreadMutex {
  public:
    static constexpr std::string_view kName = "pthread";

    void lock() { pthread_mutex_lock(&mutex_); }
    void unlock() { pthread_mutex_unlock(&mutex_); }

  private:
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

using PlainPthreadPeers = PeerList<PthreadMutex>;

class PosixSemaphore {
  public:
    static constexpr std::string_view kName = "sem_t";

    PosixSemaphore() { sem_init(&semaphore_, 0, 1); }
    PosixSemaphore(const PosixSemaphore&) = delete;
    PosixSemaphore& operator=(const PosixSemaphore&) = delete;
    ~PosixSemaphore() { sem_destroy(&semaphore_); }

    void acquire() {
        while (sem_wait(&semaphore_) != 0) {
        }
    }
    void release() { sem_post(&semaphore_); }

  private:
    sem_t semaphore_;
};

using PosixSemaphorePeers = PeerList<PosixSemaphore>;

#if defined(PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP)
class PthreadAdaptiveMutex {
  public:
    static constexpr std::string_view kName = "pthread-adaptive";

    void lock() { pthread_mutex_lock(&mutex_); }
    void unlock() { pthread_mutex_unlock(&mutex_); }

  private:
    pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
};

using AdaptivePthreadPeers = PeerList<PthreadAdaptiveMutex>;
#else
using AdaptivePthreadPeers = PeerList<>;
#endif

}  // namespace bench
