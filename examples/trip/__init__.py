"""A trip: flight, hotel and car are booked side by side; payment takes the money once all are booked."""
