"""What a model must satisfy: each constraint of a request with its limit, measurement, violation and sentence."""
