"""What sales and support work with: companies and contacts, the pipeline, activities, tickets."""
