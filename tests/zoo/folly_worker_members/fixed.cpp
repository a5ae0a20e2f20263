// folly StripedThrottledLifoSemBalancer::Worker: a thread that starts while its object is being made.
#include <pthread.h>

#include <cstdlib>
#include <mutex>
#include <new>

class Thread {
 public:
  Thread(void *(*body)(void *), void *argument) {
    if (pthread_create(&handle_, nullptr, body, argument) != 0) std::abort();
  }
  void join() { (void)pthread_join(handle_, nullptr); }

 private:
  pthread_t handle_;
};

class Worker {
 public:
  Worker() : thread_(&loop, this) {}
  ~Worker() { shutdown(); }

 private:
  static void *loop(void *argument) {
    Worker *self = static_cast<Worker *>(argument);
    const std::lock_guard<std::mutex> lock(self->mutex_);
    return self->shutdown_ ? nullptr : argument;
  }

  void shutdown() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      shutdown_ = true;
    }
    thread_.join();
  }

  std::mutex mutex_;
  bool shutdown_ = false;
  Thread thread_;
};

#include "scenario.h"
